// The lip-sync page: one participant who flashes and beeps at each whole second,
// over the whole viewport.
import { join, show } from './join.js';

const video = document.querySelector('video');
const render = () => {
	const [person] = room.participants;
	show(video, (person && room.streams.get(person.id)) ?? null, () => {
		addEventListener('click', () => { video.muted = false; }, { once: true });
	});
};
const room = join({
	room: 'lipsync', onRoster: render, onStream: render,
	onEnded: () => show(video, null), onLost: () => show(video, null),
});
