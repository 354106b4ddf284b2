package tracks

import "errors"

var errRED = errors.New("a packet with redundant audio that can't be read")

// primary returns the newest block of a packet with redundant audio (RFC 2198, 3): it
// is the one without the bit that says that another header follows, and the last.
func primary(packet []byte) ([]byte, error) {
	skip := 0 // bytes of the older blocks
	for i := 0; i < len(packet); {
		if packet[i]&0x80 == 0 {
			if i+1+skip > len(packet) {
				return nil, errRED
			}
			return packet[i+1+skip:], nil
		}
		if i+4 > len(packet) {
			return nil, errRED
		}
		skip += int(packet[i+2]&0x03)<<8 | int(packet[i+3])
		i += 4
	}
	return nil, errRED
}
