// The Clock strip of package marks: 4 cells of sync, 32 of the value and 8 of
// value mod 253, most significant bit first; 1 is white.
const SYNC = [1, 0, 1, 0];
const BITS = 32;
const CHECK = 8;
const MODULUS = 253;
export const CELLS = SYNC.length + BITS + CHECK;

const bits = (value, n) => Array.from({ length: n }, (_, i) => Math.floor(value / 2 ** (n - 1 - i)) % 2);

export function encode(value) {
	return [...SYNC, ...bits(value, BITS), ...bits(value % MODULUS, CHECK)];
}

// A painter of strips over the full width of the viewport, a twentieth of its
// height tall. The canvas is one pixel tall and stretched downwards, so a new
// value costs one row of pixels; cell edges lie on whole pixels.
export function stripPainter(canvas) {
	const paper = canvas.getContext('2d', { alpha: false });
	const size = () => {
		canvas.width = innerWidth;
		canvas.height = 1;
		Object.assign(canvas.style, { width: `${innerWidth}px`, height: `${Math.round(innerHeight / 20)}px` });
	};
	size();
	const paint = (value) => {
		if (canvas.width !== innerWidth) size();
		const w = canvas.width;
		encode(value).forEach((cell, i) => {
			const left = Math.round((i * w) / CELLS);
			paper.fillStyle = cell ? '#fff' : '#000';
			paper.fillRect(left, 0, Math.round(((i + 1) * w) / CELLS) - left, 1);
		});
	};
	return { paint, size };
}
