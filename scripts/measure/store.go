package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"beam/capture/child"
)

// store is an S3 server on loopback, a process of its own, for the rows that
// upload.
type store struct {
	gateway *child.Process
	dir     string
	url     string
}

const storeBucket = "recordings"

// startStore starts versitygw with an empty bucket.
func startStore(ctx context.Context, gateway string) (*store, error) {
	dir, err := os.MkdirTemp("", "beam-measure-store-")
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir}
	addr, err := freeAddr()
	if err == nil {
		s.url = "http://" + addr
		err = os.Mkdir(filepath.Join(dir, storeBucket), 0o755)
	}
	if err == nil {
		c := command(gateway, "--port", addr, "--quiet", "posix", dir)
		c.Env = child.Tool.Environment("ROOT_ACCESS_KEY=measure", "ROOT_SECRET_KEY=measure-secret")
		s.gateway, err = child.Start(ctx, c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the store: %w", err), os.RemoveAll(dir))
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return s, conn.Close()
		}
		if time.Now().After(deadline) {
			s.close(ctx)
			return nil, fmt.Errorf("the store does not answer: %w", err)
		}
	}
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// arguments are what makes Beam upload to the store.
func (s *store) arguments() []string {
	return []string{"--bucket", "s3://" + storeBucket + "/measure", "--s3-endpoint", s.url, "--s3-path-style"}
}

// environment holds the credentials.
func (s *store) environment() []string {
	return []string{"AWS_ACCESS_KEY_ID=measure", "AWS_SECRET_ACCESS_KEY=measure-secret", "AWS_REGION=us-east-1"}
}

func (s *store) close(ctx context.Context) {
	terminate(ctx, s.gateway)
	_ = os.RemoveAll(s.dir)
}
