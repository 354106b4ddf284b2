// Package uploadtest runs a real S3 gateway (versitygw, posix backend, loopback)
// for tests, and a proxy before it that makes requests fail. Only tests import it.
package uploadtest
