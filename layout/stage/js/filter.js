// Who may be seen and heard. Pure.

// A pattern with * and ?, for whole texts, upper and lower case alike.
function glob(pattern) {
	const escaped = String(pattern).replace(/[.+^${}()|[\]\\]/g, '\\$&');
	return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'isu');
}

// Returns whether there is a filter at all, and a test of a person. Each list
// that is given must be satisfied. A role or name that is not known (undefined)
// satisfies no list, neither of wanted nor of unwanted ones: it may turn out to
// be the wrong one. Who is known to have none has the role or name ''.
function newFilter({ roles = [], excludeRoles = [], participants = [], excludeParticipants = [] }) {
	const globs = (list) => (list ?? []).map(glob);
	const [wantedRoles, unwantedRoles, wanted, unwanted] = [roles, excludeRoles, participants, excludeParticipants].map(globs);
	const matches = (list, ...texts) => list.some((pattern) => texts.some((text) => pattern.test(text)));
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
