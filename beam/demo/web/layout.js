// Where the tiles go. Pure: boxes in, boxes out, in whole CSS pixels.

// Places n boxes of 16:9 in a box, as large as they fit, centred, rows filled
// from the top and the last row centred.
export function grid(n, box, gap) {
	let best = { width: 0 };
	for (let columns = 1; columns <= n; columns++) {
		const rows = Math.ceil(n / columns);
		const fits = Math.min((box.w - gap * (columns - 1)) / columns, ((box.h - gap * (rows - 1)) / rows) * (16 / 9));
		// Whole multiples of 16:9, so that no tile has a thin bar beside its picture.
		const width = Math.floor(fits / 16) * 16;
		if (width > best.width) best = { width, columns, rows };
	}
	const { width, columns, rows } = best;
	const height = (width / 16) * 9;
	const top = box.y + Math.floor((box.h - rows * height - (rows - 1) * gap) / 2);
	return Array.from({ length: width ? n : 0 }, (_, i) => {
		const row = Math.floor(i / columns);
		const inRow = Math.min(columns, n - row * columns);
		const left = box.x + Math.floor((box.w - inRow * width - (inRow - 1) * gap) / 2);
		return { x: left + (i % columns) * (width + gap), y: top + row * (height + gap), w: width, h: height };
	});
}

// Places the tiles of people, and of one screen where there is one: it takes the
// stage, and the people a strip at its right or, in portrait, below it.
export function arrange(people, screens, { w, h }) {
	const gap = Math.max(4, Math.round(Math.min(w, h) / 120));
	const box = { x: gap, y: gap, w: w - 2 * gap, h: h - 2 * gap };
	if (screens === 0) return { people: grid(people, box, gap), screens: [] };
	if (w >= h) {
		const strip = Math.round(box.w * 0.2);
		return {
			screens: grid(screens, { ...box, w: box.w - strip - gap }, gap),
			people: grid(people, { ...box, x: box.x + box.w - strip, w: strip }, gap),
		};
	}
	const stage = Math.min(Math.round((box.w * 9) / 16), Math.round(box.h / 2));
	return {
		screens: grid(screens, { ...box, h: stage }, gap),
		people: grid(people, { ...box, y: box.y + stage + gap, h: box.h - stage - gap }, gap),
	};
}
