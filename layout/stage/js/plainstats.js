// What can be counted in a page that was loaded without Beam's script: the videos
// of its documents. Nothing is kept in the page, so a video is known again by its
// source.
function plainStats() {
	const { read, closed } = newVideoReader();
	const { getElementsByTagName } = Document.prototype;
	const times = new Map(); // source -> how often it was found
	const videos = [];
	let unseen = 0;
	const look = (document, depth) => {
		for (const video of getElementsByTagName.call(document, 'video')) {
			if (videos.length >= MOST_VIDEOS) return;
			const counted = read(video);
			if (!counted) continue;
			const source = String(video.srcObject?.id ?? video.currentSrc);
			// A source may hold a token, and need not be told.
			let hash = 2166136261;
			for (let i = 0; i < source.length; i++) hash = Math.imul(hash ^ source.charCodeAt(i), 16777619);
			const n = (times.get(source) ?? 0) + 1;
			times.set(source, n);
			videos.push({ id: `${hash >>> 0}.${n}`, ...counted });
		}
		for (const frame of getElementsByTagName.call(document, 'iframe')) {
			if (closed(frame)) unseen++;
			else if (frame.contentDocument && depth < 5) look(frame.contentDocument, depth + 1);
		}
	};
	look(document, 0);
	return { origin: performance.timeOrigin, at: performance.now(), tapped: false, videos, unseen, receivers: [], playouts: [] };
}
