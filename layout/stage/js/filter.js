// Who may be seen and heard. Pure.

// A text as people compare it: however its letters are composed (NFC), however it is
// spaced, and without what nobody sees.
function readable(text) {
	return String(text ?? '').replace(/\p{Default_Ignorable_Code_Point}/gu, '').replace(/\s+/gu, ' ').trim().normalize('NFC');
}

// Upper and lower case alike, also where they are of different lengths.
function folded(text) {
	return text.toUpperCase().toLowerCase().normalize('NFC');
}

// A test for whole texts by a pattern with * and ?. A backslash takes their meaning
// from them, and from another backslash; before anything else it is one.
function glob(pattern) {
	const regexp = (text, flags) => new RegExp(`^${text.replace(/\\([*?\\])|([*?])|[.+^${}()|[\]\\/]/gu, (all, literal, wild) => {
		if (wild) return wild === '*' ? '.*' : '.';
		return `\\${literal ?? all}`;
	})}$`, flags);
	const text = readable(pattern);
	const [plain, fold] = [regexp(text, 'isu'), regexp(folded(text), 'su')];
	return (value) => {
		const read = readable(value);
		return plain.test(read) || fold.test(folded(read));
	};
}

// Returns whether there is a filter at all, and a test of a person. Each list
// that is given must be satisfied. A role or name that is not known (undefined)
// satisfies no list, neither of wanted nor of unwanted ones: it may turn out to
// be the wrong one. Who is known to have none has the role or name ''.
function newFilter({ roles = [], excludeRoles = [], participants = [], excludeParticipants = [] }) {
	const globs = (list) => (list ?? []).map(glob);
	const [wantedRoles, unwantedRoles, wanted, unwanted] = [roles, excludeRoles, participants, excludeParticipants].map(globs);
	const matches = (list, ...texts) => list.some((test) => texts.some((text) => test(text)));
	const passes = ({ id, name, role }) => {
		if (wantedRoles.length + unwantedRoles.length > 0 && role === undefined) return false;
		if (wanted.length + unwanted.length > 0 && name === undefined && !matches(wanted, id)) return false;
		if (wantedRoles.length > 0 && !matches(wantedRoles, role)) return false;
		if (unwantedRoles.length > 0 && matches(unwantedRoles, role)) return false;
		name ??= '';
		if (wanted.length > 0 && !matches(wanted, id, name)) return false;
		return !matches(unwanted, id, name);
	};
	return { set: wantedRoles.length + unwantedRoles.length + wanted.length + unwanted.length > 0, passes };
}
