// A room's page over 100ms's own SDK. Like the prebuilt one it gives the SDK a video element for
// each tile of the page that is shown, of which there are two here, and none for anybody else.
import { HMSReactiveStore, selectRemotePeers, selectTracksMap } from '@100mslive/hms-video-store';

// The SDK takes https addresses only, and reports its use to its maker: nothing leaves
// this machine.
const INIT = 'https://init.invalid';
const { fetch } = window;
window.fetch = async (what, ...rest) => {
	const { origin } = new URL(what, location.href);
	if (origin === INIT) return fetch('/init', ...rest);
	return origin === location.origin ? fetch(what, ...rest) : Response.json({});
};

const TILES = 2;
const hms = new HMSReactiveStore();
hms.triggerOnSubscribe();
const store = hms.getStore();
const actions = hms.getActions();
const tiles = new Map(); // by id of the track

function show() {
	const tracks = store.getState(selectTracksMap);
	const ids = store.getState(selectRemotePeers).flatMap((peer) => [...peer.auxiliaryTracks, peer.videoTrack]);
	const shown = new Set(ids.filter((id) => tracks[id]?.type === 'video' && tracks[id].enabled).slice(0, TILES));
	for (const [id, video] of tiles) {
		if (shown.has(id)) continue;
		tiles.delete(id);
		actions.detachVideo(id, video);
		video.remove();
	}
	for (const id of shown) {
		if (tiles.has(id)) continue;
		const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, playsInline: true });
		tiles.set(id, video);
		document.body.append(video);
		actions.attachVideo(id, video);
	}
}
for (const part of [selectRemotePeers, selectTracksMap]) store.subscribe(show, part);

const claims = btoa(JSON.stringify({ room_id: 'room', user_id: 'recorder', role: 'viewer' }));
await actions.join({
	userName: new URLSearchParams(location.search).get('name') ?? 'Beam', authToken: `head.${claims}.signature`, initEndpoint: INIT,
	settings: { isAudioMuted: true, isVideoMuted: true },
});
