// The page's own view, which is what the layout "native" records: everybody in a
// grid, or beside a shared screen. It is drawn only while it is wanted: Beam's
// stage draws the other layouts, over this page.
import { Track } from 'livekit-client';

const LOOK = 200; // ms

// What is to be drawn: first the screens, then the people in the order in which
// they came. No event tells of a track that Beam's filter withholds; who has nothing
// but such tracks is not drawn, with no name either.
function scene(room, withheld) {
	const screens = [];
	const people = [];
	const byArrival = [...room.remoteParticipants.values()]
		.sort((a, b) => (a.joinedAt?.getTime() ?? 0) - (b.joinedAt?.getTime() ?? 0) || a.identity.localeCompare(b.identity));
	for (const participant of byArrival) {
		let camera;
		let present = false;
		for (const publication of participant.trackPublications.values()) {
			const media = publication.track?.mediaStreamTrack;
			if (!media || media.readyState === 'ended' || withheld(media)) continue;
			present = true;
			if (publication.kind !== Track.Kind.Video || publication.isMuted) continue;
			if (publication.source === Track.Source.ScreenShare) screens.push({ key: publication.trackSid, name: participant.name || participant.identity, media, screen: true });
			else camera ??= media;
		}
		if (present) people.push({ key: participant.sid, name: participant.name || participant.identity, media: camera });
	}
	return [...screens, ...people];
}

function newTile() {
	const figure = document.createElement('figure');
	const caption = document.createElement('figcaption');
	figure.append(caption);
	let video;
	return {
		figure,
		draw({ name, media, screen }) {
			if (caption.textContent !== name) caption.textContent = name;
			figure.classList.toggle('screen', Boolean(screen));
			if (!media) {
				this.clear();
				return;
			}
			if (video?.srcObject.getVideoTracks()[0] === media) return;
			this.clear();
			video = document.createElement('video');
			Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: new MediaStream([media]) });
			figure.prepend(video);
		},
		clear() {
			if (!video) return;
			video.srcObject = null;
			video.remove();
			video = undefined;
		},
	};
}

export function newView(room, root, withheld = () => false) {
	const tiles = new Map();
	let timer = 0;

	const look = () => {
		const items = scene(room, withheld);
		const keys = new Set(items.map(({ key }) => key));
		for (const [key, tile] of tiles) {
			if (keys.has(key)) continue;
			tile.clear();
			tile.figure.remove();
			tiles.delete(key);
		}
		items.forEach((item, at) => {
			if (!tiles.has(item.key)) tiles.set(item.key, newTile());
			const tile = tiles.get(item.key);
			tile.draw(item);
			if (root.children[at] !== tile.figure) root.insertBefore(tile.figure, root.children[at] ?? null);
		});
		const columns = innerWidth >= innerHeight ? Math.ceil(Math.sqrt(items.length)) : Math.ceil(Math.sqrt(items.length / 3));
		root.style.setProperty('--columns', String(Math.max(1, columns)));
		root.style.setProperty('--rows', String(Math.max(1, items.length - 1)));
		root.dataset.layout = items[0]?.screen && items.length > 1 ? 'speaker' : 'grid';
	};
	return {
		// Draws, or stops drawing and lets go of all pictures.
		show(wanted) {
			if (wanted === (timer !== 0)) return;
			if (wanted) {
				timer = setInterval(look, LOOK);
				look();
				return;
			}
			clearInterval(timer);
			timer = 0;
			for (const tile of tiles.values()) {
				tile.clear();
				tile.figure.remove();
			}
			tiles.clear();
		},
	};
}
