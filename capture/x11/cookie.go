package x11

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
)

const (
	cookieName = "MIT-MAGIC-COOKIE-1"
	cookieSize = 16
	// familyWild makes an entry match every host and display (Xauth.h of
	// libXau): the file is written before Xvfb has chosen its number.
	familyWild = 0xffff
)

func newCookie() []byte {
	cookie := make([]byte, cookieSize)
	_, _ = rand.Read(cookie) // never fails (crypto/rand)
	return cookie
}

// authority returns the only entry of an Xauthority file: the family, then
// address, display number, name and data, each after its length; all numbers
// have 16 bits, big-endian (XauWriteAuth of libXau).
func authority(cookie []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, familyWild)
	for _, field := range [][]byte{nil, nil, []byte(cookieName), cookie} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
		b = append(b, field...)
	}
	return b
}

func writeAuthority(path string, cookie []byte) error {
	if err := os.WriteFile(path, authority(cookie), 0o600); err != nil {
		return fmt.Errorf("write the cookie: %w", err)
	}
	return nil
}
