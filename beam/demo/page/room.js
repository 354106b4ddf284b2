// The page of the demo room: joins by itself, hidden, publishes nothing, and
// shows whoever is there. Nothing moves but the pictures.
'use strict';

const lipSync = location.pathname.endsWith('/lipsync');
const busy = new URLSearchParams(location.search).get('picture') === 'busy';
const roomName = lipSync ? 'lipsync' : busy ? 'busy' : 'calm';

const stage = document.getElementById('stage');
const notice = document.getElementById('notice');
const tiles = new Map(); // stream id: tile
let roster = [];
let speaking = '';
document.body.classList.toggle('bare', lipSync);

// For whoever drives this page: who is there, and in what role.
window.__demoRoom = {
	participants: () => roster.map(({ id, name, role, sharing }) => ({ id, name, role, sharing, speaking: id === speaking })),
};

function say(text, onClick) {
	notice.textContent = text;
	notice.hidden = !text;
	notice.onclick = onClick ?? null;
}

function tileFor(stream) {
	let tile = tiles.get(stream);
	if (!tile) {
		tile = document.createElement('div');
		tile.className = 'tile';
		tile.dataset.stream = stream;
		const video = document.createElement('video');
		video.autoplay = true;
		video.playsInline = true;
		const label = document.createElement('div');
		label.className = 'label';
		tile.append(video, label);
		tiles.set(stream, tile);
		stage.append(tile);
	}
	return tile;
}

function attach(stream) {
	const video = tileFor(stream.id).querySelector('video');
	if (video.srcObject !== stream) video.srcObject = stream;
	video.play().catch((error) => {
		if (error.name === 'NotAllowedError') say('Click to hear the room', () => { say(''); playAll(); });
	});
}

function playAll() {
	for (const video of document.querySelectorAll('video')) video.play();
}

// The streams to show, in order: a shared screen first.
function shown() {
	const list = roster.filter((p) => p.sharing).map((p) => ({ id: `${p.id}-screen`, person: p, screen: true }));
	return list.concat(roster.map((p) => ({ id: p.id, person: p, screen: false })));
}

function render() {
	const list = shown();
	const ids = new Set(list.map((s) => s.id));
	for (const [id, tile] of tiles) {
		if (!ids.has(id)) {
			tile.querySelector('video').srcObject = null;
			tile.remove();
			tiles.delete(id);
		}
	}
	for (const { id, person, screen } of list) {
		const label = tileFor(id).querySelector('.label');
		const role = document.createElement('small');
		role.textContent = screen ? 'screen' : person.role;
		label.replaceChildren(person.name, role);
		tiles.get(id).classList.toggle('speaking', !screen && id === speaking);
	}
	arrange(list);
}

function place(id, x, y, w, h) {
	Object.assign(tiles.get(id).style, { left: `${Math.round(x)}px`, top: `${Math.round(y)}px`, width: `${Math.round(w)}px`, height: `${Math.round(h)}px` });
}

// Puts tiles of 16:9 into a box, as large as they fit.
function grid(list, box, gap) {
	if (list.length === 0) return;
	let best = { width: 0 };
	for (let columns = 1; columns <= list.length; columns++) {
		const rows = Math.ceil(list.length / columns);
		const width = Math.min((box.w - gap * (columns + 1)) / columns, ((box.h - gap * (rows + 1)) / rows) * 16 / 9);
		if (width > best.width) best = { width, columns, rows };
	}
	const { width, columns, rows } = best;
	const height = width * 9 / 16;
	const top = box.y + (box.h - rows * height - (rows - 1) * gap) / 2;
	list.forEach((s, i) => {
		const row = Math.floor(i / columns);
		const inRow = Math.min(columns, list.length - row * columns);
		const left = box.x + (box.w - inRow * width - (inRow - 1) * gap) / 2;
		place(s.id, left + (i % columns) * (width + gap), top + row * (height + gap), width, height);
	});
}

function arrange(list) {
	const w = innerWidth;
	const h = innerHeight;
	if (lipSync) {
		for (const s of list) place(s.id, 0, 0, w, h);
		return;
	}
	const gap = Math.round(Math.min(w, h) / 90);
	const screens = list.filter((s) => s.screen);
	const people = list.filter((s) => !s.screen);
	if (screens.length === 0) return grid(people, { x: 0, y: 0, w, h }, gap);
	if (w >= h) {
		const strip = Math.round(w * 0.22);
		grid(screens, { x: 0, y: 0, w: w - strip, h }, gap);
		grid(people, { x: w - strip, y: 0, w: strip, h }, gap);
	} else {
		const top = Math.round((w * 9) / 16 + 2 * gap);
		grid(screens, { x: 0, y: 0, w, h: top }, gap);
		grid(people, { x: 0, y: top, w, h: h - top }, gap);
	}
}

function join() {
	const peer = new RTCPeerConnection();
	peer.ontrack = ({ streams }) => {
		for (const stream of streams) attach(stream);
	};
	const url = new URL(`join?room=${roomName}`, location.href);
	url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
	const socket = new WebSocket(url);
	let over = false;
	const handle = async (message) => {
		switch (message.type) {
		case 'offer':
			await peer.setRemoteDescription({ type: 'offer', sdp: message.sdp });
			await peer.setLocalDescription();
			socket.send(JSON.stringify({ type: 'answer', sdp: peer.localDescription.sdp }));
			break;
		case 'roster':
			roster = message.participants ?? [];
			render();
			break;
		case 'speaking':
			speaking = message.id ?? '';
			for (const [id, tile] of tiles) tile.classList.toggle('speaking', id === speaking);
			break;
		case 'ended':
			over = true;
			roster = [];
			render();
			say('Meeting ended');
			break;
		}
	};
	let queue = Promise.resolve();
	socket.onmessage = ({ data }) => {
		queue = queue.then(() => handle(JSON.parse(data))).catch((error) => console.error(error));
	};
	socket.onclose = () => {
		if (!over) say('Connection lost');
	};
}

addEventListener('resize', render);
join();
