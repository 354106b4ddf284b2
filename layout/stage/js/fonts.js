// Fonts of the user's style sheet.

// newFonts takes the @font-face rules of a sheet: in a shadow root they are not obeyed,
// and a page's policy would refuse their URLs, where bytes are nobody's to refuse. It
// returns a function that puts them into force, or out of it.
function newFonts(sheet) {
	const faces = [];
	for (const rule of sheet.cssRules) {
		if (!(rule instanceof CSSFontFaceRule)) continue;
		const value = (name) => rule.style.getPropertyValue(name);
		const family = value('font-family').replace(/^["']|["']$/g, '');
		const [, type, body] = /url\(["']?data:([^,"')]*),([^"')]*)["']?\)/i.exec(value('src')) ?? [];
		const source = body === undefined ? value('src') : bytesOf(body, /;base64/i.test(type));
		if (!family || !source) continue;
		const about = Object.fromEntries([['weight', 'font-weight'], ['style', 'font-style'], ['stretch', 'font-stretch'], ['unicodeRange', 'unicode-range']]
			.map(([key, name]) => [key, value(name)]).filter(([, is]) => is));
		const face = new FontFace(family, source, about);
		face.load().catch(() => {}); // it is no font
		faces.push(face);
	}
	return (on) => {
		for (const face of faces) {
			if (on) fontsOf(document).add(face);
			else fontsOf(document).delete(face);
		}
	};
}
