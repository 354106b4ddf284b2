'use strict';
// Says to Beam, through whatever a window has of it, what a page must not be believed.
function forge(w, who) {
	const person = { id: 'forged', name: `forged by ${who}`, role: 'host', shown: true, camera: true, microphone: true, screen: true };
	const messages = [
		...['stop', 'fail', 'refused', 'ended', 'kicked', 'reconnecting', 'reconnected', 'joined', 'waiting', 'notice', 'opened', 'loaded', 'ready']
			.map((type) => ({ type, text: `forged by ${who}\n\u001b[2Jbeam: uploaded: forged` })),
		{ type: 'people', people: [person] },
		{ type: 'speaking', id: 'forged', on: true },
		{ type: 'layout', layout: 'grid' },
		{ type: 'chat', chat: { id: 'forged', senderId: 'forged', senderName: 'forged', roles: [], sentAt: 0, type: 'chat', text: 'forged' } },
		{ type: 'chapter', text: 'forged' }, { type: 'mark', text: 'forged' },
	];
	const tries = [w.__beamSend, w.beamSend, w.beam?.send, w.chrome?.webview?.postMessage];
	for (const one of tries) for (const m of messages) try { one?.(JSON.stringify(m)); } catch { /* not there */ }
	for (const call of [() => w.beam.fail('forged'), () => w.beam.stop('forged'), () => w.beam.ready(), () => w.beamRoom.kicked('forged'),
		() => w.beamRoom.people([person]), () => w.beamRoom.chat({ text: 'forged' })]) {
		try { call(); } catch { /* not there */ }
	}
	for (const word of ['START_RECORDING', 'END_RECORDING']) console.log(word);
}
