package uploadtest

import (
	"context"
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
)

// The answers of a name server (RFC 1035, section 4.1.1).
const (
	NameFound   = 0
	NameFails   = 2 // SERVFAIL
	NameUnknown = 3 // NXDOMAIN
)

// Names is a name server that knows every name, as 127.0.0.1, or none.
type Names struct {
	Addr   string       // of its UDP socket
	Answer atomic.Int32 // one of the constants
}

// NewNames runs a name server until the test ends.
func NewNames(t testing.TB) *Names {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Names{Addr: conn.LocalAddr().String()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		query := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(query)
			if err != nil {
				return // closed
			}
			if answer := n.answer(query[:size]); answer != nil {
				_, _ = conn.WriteTo(answer, from) // asked again when it is lost
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return n
}

// answer makes the answer to a query with one question.
func (n *Names) answer(query []byte) []byte {
	const header, address = 12, 1
	end := header
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end += 5; end > len(query) {
		return nil
	}
	code := uint16(n.Answer.Load())
	found := code == NameFound && binary.BigEndian.Uint16(query[end-4:]) == address
	a := append([]byte{}, query[:2]...)
	a = binary.BigEndian.AppendUint16(a, 0x8180|code) // a response, recursion available
	a = binary.BigEndian.AppendUint16(a, 1)
	answers := uint16(0)
	if found {
		answers = 1
	}
	a = binary.BigEndian.AppendUint16(a, answers)
	a = append(a, 0, 0, 0, 0)
	a = append(a, query[header:end]...)
	if found {
		a = append(a, 0xc0, header, 0, address, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return a
}

// Resolver returns one that asks the name server at addr only.
func Resolver(addr string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", addr)
	}}
}
