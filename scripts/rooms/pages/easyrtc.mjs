// The demos of EasyRTC as its package has them, on a free port of loopback that is printed. Run where
// the packages are. Ends with its standard input.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const express = require('express');
const { Server } = require('socket.io');
const easyrtc = require('open-easyrtc');

const app = express();
app.use('/demos', express.static(join(dirname(require.resolve('open-easyrtc/package.json')), 'demos')));
const server = createServer(app);
easyrtc.setOption('logLevel', 'error');
easyrtc.setOption('appIceServers', []); // nobody outside is asked for addresses
server.listen(0, '127.0.0.1', () => {
	easyrtc.listen(app, new Server(server), null, (error) => {
		if (error) throw error;
		console.log(server.address().port);
	});
});
process.stdin.on('end', () => process.exit(0)).resume();
