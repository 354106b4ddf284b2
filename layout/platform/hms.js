// 100ms: window.__hms leads to the store of the room's page, whose state has
// room, peers, tracks, speakers and messages, and to its notifications.
function hms(room) {
	const door = kit.door(room);
	const lost = kit.lasting(2000);
	const previewed = kit.lasting(2000);
	let page; // window.__hms, once it is there
	let trouble = ''; // the last error that the page was told
	let off = [];
	const chatted = new Set();
	const asked = new Set(); // tracks whose best layer was asked for

	// The page tells speech to recorders by this bridge, ten times a second
	// while somebody speaks: a list of peers with their levels.
	const spoke = new Map(); // by peer: when
	const bridge = kit.safely((json) => {
		const { event, data } = JSON.parse(json);
		if (event !== 'app-audio-level') return;
		for (const { peerId, level } of [data].flat()) if (level > 0) spoke.set(peerId, performance.now());
		soon();
	});
	Object.defineProperty(window, '__triggerBeamEvent__', { value: bridge, configurable: true, writable: true });

	const actions = () => page.getActions?.() ?? page.getHMSActions?.();
	const nativeTrack = (id) => {
		const known = actions()?.getTrackById?.(id) ?? actions()?.hmsSDKTracks?.[id];
		return kit.isTrack(known?.nativeTrack) ? known.nativeTrack : undefined;
	};
	const medium = (state, id, kind) => {
		const track = state.tracks[id];
		if (!track) return [];
		return [{ kind, muted: track.enabled === false, trackId: id, track: nativeTrack(id) }];
	};
	const extra = (state, id) => medium(state, id, state.tracks[id]?.type === 'video' ? 'screen' : 'screen-audio');

	const person = (state, peer) => {
		const recent = performance.now() - (spoke.get(peer.id) ?? -Infinity) < 500;
		const level = state.speakers?.[peer.audioTrack]?.audioLevel ?? 0;
		return {
			id: peer.id,
			name: kit.text(peer.name),
			role: kit.text(peer.roleName),
			// Services such as recorders are peers with a role of this kind.
			self: Boolean(peer.isLocal) || String(peer.roleName).startsWith('__internal'),
			joinedAt: peer.joinedAt ? Number(new Date(peer.joinedAt)) : undefined,
			speaking: recent || level > 0,
			media: [
				...(peer.videoTrack ? medium(state, peer.videoTrack, 'camera') : []),
				...(peer.audioTrack ? medium(state, peer.audioTrack, 'microphone') : []),
				...(peer.auxiliaryTracks ?? []).flatMap((id) => extra(state, id)),
			],
		};
	};
	// The page asks for the layer that fits its own tiles; ours may be larger.
	const bestLayers = (state) => {
		if (room.facts?.layout === 'native') return;
		for (const track of Object.values(state.tracks)) {
			if (track.type !== 'video' || !(track.layerDefinitions?.length > 1) || asked.has(track.id)) continue;
			asked.add(track.id);
			Promise.resolve(actions()?.setPreferredLayer?.(track.id, 'high')).catch(() => {});
		}
	};
	const chat = (state) => {
		for (const id of state.messages?.allIDs ?? []) {
			const m = state.messages.byID[id];
			if (chatted.has(id) || !m) continue;
			chatted.add(id);
			if (m.type !== 'chat') continue;
			room.chat({
				id,
				senderId: kit.text(m.sender),
				senderName: kit.text(m.senderName),
				senderUserId: kit.text(m.senderUserId),
				roles: Array.from(m.recipientRoles ?? [], (role) => kit.text(role)),
				sentAt: Number(new Date(m.time)) || Date.now(),
				type: 'chat',
				text: kit.text(typeof m.message === 'string' ? m.message : JSON.stringify(m.message), 5000),
			});
		}
	};

	const notice = kit.safely(({ type, data, message }) => {
		switch (type) {
		case 'ROOM_ENDED': return door.ended(kit.text(data?.reason) || 'the room was ended');
		case 'REMOVED_FROM_ROOM':
			if (data?.roomEnded) return door.ended(kit.text(data?.reason) || 'the room was ended');
			return door.kicked(kit.text(data?.reason));
		case 'RECONNECTING': return door.away();
		case 'RECONNECTED': return soon();
		case 'ERROR':
			trouble = kit.text(data?.message || data?.description || message);
			if (data?.isTerminal && !door.inside()) door.refused(trouble);
			return undefined;
		default: return undefined;
		}
	});
	const begin = (found) => {
		off.forEach((stop) => stop?.());
		page = found;
		const store = page.getStore();
		off = [store.subscribe(() => soon()), page.getNotifications?.().onNotification?.(notice)];
	};
	// The page should have joined by itself; where it shows its preview all the
	// same, the bot does what a person would.
	const join = () => {
		kit.fill(kit.shown('[data-testid="preview_name_field"]'), room.facts?.name || 'Beam');
		kit.press(kit.shown('[data-testid="preview_join_btn"]'));
	};

	const look = () => {
		if (window.__hms && window.__hms !== page) begin(window.__hms);
		const preview = kit.shown('[data-testid="preview_join_btn"]');
		if (previewed(Boolean(preview) && !door.inside())) {
			previewed(false);
			join();
		}
		if (!page) return;
		const state = page.getStore().getState();
		const { roomState, isConnected } = state.room;
		const self = state.peers[state.room.localPeer];
		if (roomState === 'Failed') {
			if (door.inside()) door.away();
			else door.refused(trouble);
		} else if (roomState === 'Reconnecting') {
			door.away();
		} else if (isConnected && self?.roleName === 'waiting-room') {
			door.waiting('in the waiting room; somebody has to let the recorder in');
		} else if (isConnected) {
			door.joined();
			const ids = new Set([...(state.room.peers ?? []), ...Object.keys(state.peers)]);
			door.people([...ids].flatMap((id) => (state.peers[id] ? [person(state, state.peers[id])] : [])));
			bestLayers(state);
			chat(state);
		}
		// A notification may still come that says why.
		if (lost(door.here() && roomState === 'Disconnected')) door.ended('the recorder is no longer in the room');
	};
	const { soon, close } = kit.watch(room, 250, look);
	return {
		close() {
			close();
			off.forEach((stop) => stop?.());
		},
	};
}
