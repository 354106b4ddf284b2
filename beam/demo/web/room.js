// The page of the demo room. Nothing moves on it but the pictures, so a room
// without pictures costs nothing.
import { join, show } from './join.js';
import { arrange } from './layout.js';

const query = new URLSearchParams(location.search);
const which = query.get('people') === '16' ? 'crowd' : query.get('picture') === 'busy' ? 'busy' : 'calm';
const stage = document.getElementById('stage');
const count = document.getElementById('count');
const notice = document.getElementById('notice');
const hear = document.getElementById('hear');
const tiles = new Map(); // by stream id

const MIC = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 15a4 4 0 0 0 4-4V6a4 4 0 0 0-8 0v5a4 4 0 0 0 4 4zm7-4h-2a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V21h2v-3.1A7 7 0 0 0 19 11z"/></svg>';

function newTile(id) {
	const tile = document.createElement('article');
	tile.className = 'tile';
	tile.dataset.stream = id;
	tile.innerHTML = `<video playsinline></video><p class="label"><b></b> <small></small>${MIC}</p>`;
	stage.append(tile);
	tiles.set(id, tile);
	return tile;
}

function dropTile(id, tile) {
	show(tile.querySelector('video'), null);
	tile.remove();
	tiles.delete(id);
}

function render() {
	const list = [];
	for (const p of room.participants) {
		if (p.sharing) list.push({ id: `${p.id}-screen`, name: `${p.name}’s screen`, role: '', screen: true });
		list.push({ ...p, screen: false });
	}
	const wanted = new Set(list.map(({ id }) => id));
	for (const [id, tile] of tiles) if (!wanted.has(id)) dropTile(id, tile);

	const people = list.filter((t) => !t.screen);
	const screens = list.filter((t) => t.screen);
	const boxes = arrange(people.length, screens.length, { w: stage.clientWidth, h: stage.clientHeight });
	people.forEach((t, i) => { t.box = boxes.people[i]; });
	screens.forEach((t, i) => { t.box = boxes.screens[i]; });

	for (const { id, name, role, speaking, screen, box } of list) {
		const tile = tiles.get(id) ?? newTile(id);
		tile.classList.toggle('screen', screen);
		tile.classList.toggle('speaking', Boolean(speaking));
		tile.querySelector('b').textContent = name;
		tile.querySelector('small').textContent = role;
		if (box) Object.assign(tile.style, { left: `${box.x}px`, top: `${box.y}px`, width: `${box.w}px`, height: `${box.h}px` });
		show(tile.querySelector('video'), room.streams.get(id) ?? null, () => { hear.hidden = false; });
	}
	count.textContent = room.participants.length === 1 ? '1 person' : `${room.participants.length} people`;
}

function say(text) {
	for (const [id, tile] of tiles) dropTile(id, tile);
	count.textContent = '';
	hear.hidden = true;
	notice.textContent = text;
	notice.hidden = false;
}

hear.addEventListener('click', () => {
	hear.hidden = true;
	for (const video of document.querySelectorAll('video')) {
		video.muted = false;
		video.play().catch(() => {});
	}
});

const room = join({
	room: which,
	onRoster: render,
	onStream: render,
	onEnded: () => say('The meeting has ended'),
	onLost: () => say('The connection was lost'),
});
addEventListener('resize', () => { if (room.phase === 'joined') render(); });
