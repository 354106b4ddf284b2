// Who is seen where. Pure.

// Who of everybody sits on the n seats that there are. Whoever sits keeps the
// seat, so that nobody moves without need; whoever spoke lately and has none
// takes the seat of whoever was silent for longest. first, if any, gets the
// first seat, and the one who had it moves to where first was.
//
// before are the ids as they sat; everybody are the ids in the order of their
// joining; spoke maps ids to when they last spoke.
function seatPeople(before, everybody, n, spoke, first) {
	const here = new Set(everybody);
	const when = (id) => spoke.get(id) ?? -Infinity;
	const rank = new Map(everybody.map((id, i) => [id, i]));
	let seats = before.filter((id) => here.has(id));
	if (seats.length > n) {
		const dropped = new Set(seats.filter((id) => id !== first)
			.sort((a, b) => when(a) - when(b) || rank.get(b) - rank.get(a)).slice(0, seats.length - n));
		seats = seats.filter((id) => !dropped.has(id));
	}
	const seated = new Set(seats);
	const waiting = everybody.filter((id) => !seated.has(id))
		.sort((a, b) => when(b) - when(a) || rank.get(a) - rank.get(b));
	while (seats.length < n && waiting.length > 0) seats.push(waiting.shift());
	for (const id of waiting) {
		const silent = seats.filter((other) => other !== first)
			.reduce((a, b) => (a !== undefined && when(a) <= when(b) ? a : b), undefined);
		if (silent === undefined || when(silent) >= when(id)) break;
		seats[seats.indexOf(silent)] = id;
	}
	// With room for everybody the order is that of joining.
	if (everybody.length <= n && first === undefined) seats.sort((a, b) => rank.get(a) - rank.get(b));
	if (first !== undefined && n > 0 && here.has(first)) {
		const at = seats.indexOf(first);
		if (at < 0) seats[0] = first;
		else [seats[0], seats[at]] = [first, seats[0]];
	}
	return seats;
}
