// Pictures of the user's and of people, past the page's policy.

// newPicture makes an element that shows the picture of a URL, and calls shown when
// there is one. A page's policy (Content Security Policy) holds for what is fetched
// and for what is parsed, not for bitmaps: a data: URL is decoded here and drawn on a
// canvas. A vector picture can't be, so it is taken as the page takes its own, or else
// built of its elements.
function newPicture(className, url, shown) {
	const data = /^data:(image\/[\w.+-]+)((?:;[\w=.-]+)*),(.*)$/is.exec(url);
	const box = html('div');
	box.className = className;
	const show = own((el) => {
		el.setAttribute('class', 'bitmap');
		box.append(el);
		shown(box);
	});
	if (!data) {
		image(url, show, () => {});
		return box;
	}
	const [, type, flags, body] = data;
	const bytes = bytesOf(body, /;base64/i.test(flags));
	if (/svg/i.test(type)) image(url, show, () => vector(bytes, show));
	else if (bytes) bitmap(bytes, type, show);
	return box;
}

function image(url, show, failed) {
	const img = html('img');
	img.referrerPolicy = 'no-referrer';
	img.decoding = 'async';
	listen(img, 'load', own(() => show(img)));
	listen(img, 'error', own(failed));
	img.src = url;
}

function bitmap(bytes, type, show) {
	createImageBitmap(new Blob([bytes], { type })).then(own((picture) => {
		const canvas = html('canvas');
		canvas.width = picture.width;
		canvas.height = picture.height;
		canvas.getContext('2d').drawImage(picture, 0, 0);
		picture.close();
		show(canvas);
	}), () => {}); // it is no picture
}

// A drawing without what would be run or fetched.
function vector(bytes, show) {
	let root;
	try {
		const text = new TextDecoder().decode(bytes);
		root = importTo(document, new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
	} catch { // a policy may forbid that too (Trusted Types), or it is no text
		return;
	}
	if (root.namespaceURI !== 'http://www.w3.org/2000/svg') return;
	for (const el of root.querySelectorAll('script, foreignObject, image, use, a, style')) {
		if (el.tagName !== 'use' || !/^#/.test(el.getAttribute('href') ?? el.getAttribute('xlink:href') ?? '')) el.remove();
	}
	show(root);
}

// The bytes of a data: URL's body (RFC 2397); undefined when it is broken.
function bytesOf(body, base64) {
	try {
		const raw = base64 ? atob(decodeURIComponent(body)) : body.replace(/[^\u0020-\u007e]/gu, encodeURIComponent)
			.replace(/%([0-9a-f]{2})/gi, (all, hex) => String.fromCharCode(parseInt(hex, 16)));
		return Uint8Array.from(raw, (char) => char.charCodeAt(0));
	} catch {
		return undefined;
	}
}
