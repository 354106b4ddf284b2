package uploadtest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Op is the S3 operation of a request.
type Op string

// The operations that are told apart.
const (
	OpCreate   Op = "CreateMultipartUpload"
	OpPart     Op = "UploadPart"
	OpComplete Op = "CompleteMultipartUpload"
	OpAbort    Op = "AbortMultipartUpload"
	OpParts    Op = "ListParts"
	OpUploads  Op = "ListMultipartUploads"
	OpHead     Op = "HeadObject"
	OpBucket   Op = "HeadBucket"
	OpPut      Op = "PutObject"
	OpDelete   Op = "DeleteObject"
	OpOther    Op = "other"
)

// OpOf returns the operation of a path-style request.
func OpOf(r *http.Request) Op {
	query := r.URL.Query()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodPost && query.Has("uploads"):
		return OpCreate
	case r.Method == http.MethodPut && query.Has("partNumber"):
		return OpPart
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return OpComplete
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		return OpAbort
	case r.Method == http.MethodGet && query.Has("uploadId"):
		return OpParts
	case r.Method == http.MethodGet && query.Has("uploads"):
		return OpUploads
	case r.Method == http.MethodHead && key == "":
		return OpBucket
	case r.Method == http.MethodHead:
		return OpHead
	case r.Method == http.MethodPut:
		return OpPut
	case r.Method == http.MethodDelete:
		return OpDelete
	}
	return OpOther
}

// A Fault answers a request instead of the store, or spoils the store's answer.
// forward passes the request on; it can be called once or not at all.
type Fault func(w http.ResponseWriter, r *http.Request, forward func(http.ResponseWriter))

// Proxy passes requests on to a store, unless its rule gives a fault for them.
type Proxy struct {
	URL string

	mu    sync.Mutex
	rule  func(op Op, r *http.Request) Fault
	count map[Op]int
}

// NewProxy runs a proxy before the store at target until the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{count: map[Op]int{}}
	server := httptest.NewServer(p.handler(t, target))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// NewTLSProxy is NewProxy with a certificate that no system trusts: the
// server's Certificate.
func NewTLSProxy(t testing.TB, target string) (*Proxy, *httptest.Server) {
	t.Helper()
	p := &Proxy{count: map[Op]int{}}
	server := httptest.NewUnstartedServer(p.handler(t, target))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p, server
}

// NewFront is NewProxy before a store in this process.
func NewFront(t testing.TB, store http.Handler) *Proxy {
	t.Helper()
	p := &Proxy{count: map[Op]int{}}
	server := httptest.NewServer(p.before(store))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *Proxy) handler(t testing.TB, target string) http.Handler {
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	reverse := &httputil.ReverseProxy{
		Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
		// The signature covers the Host header, so it stays the client's.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, r.In.Host
		},
	}
	return p.before(reverse)
}

// before puts the rule before a store.
func (p *Proxy) before(store http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op := OpOf(r)
		p.mu.Lock()
		p.count[op]++
		rule := p.rule
		p.mu.Unlock()
		forward := func(w http.ResponseWriter) { store.ServeHTTP(w, r) }
		if rule != nil {
			if fault := rule(op, r); fault != nil {
				fault(w, r, forward)
				return
			}
		}
		forward(w)
	})
}

// Set makes a rule: it is asked for each request, from several goroutines, and
// returns nil to pass it on. A nil rule passes everything on.
func (p *Proxy) Set(rule func(op Op, r *http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = rule
}

// Count returns how many requests of an operation came.
func (p *Proxy) Count(op Op) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[op]
}

// Answer is an error as S3 answers it (API reference, "Error responses"). What
// the client sends is read first, so that it gets the answer.
func Answer(status int, code, message string) Fault {
	return AnswerWith(status, code, message, nil)
}

// AnswerWith is Answer with further headers.
func AnswerWith(status int, code, message string, header map[string]string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
		_, _ = io.Copy(io.Discard, r.Body)
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId></Error>`, code, message)
		}
	}
}

// Reset breaks the connection before the store sees the request.
func Reset(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) { reset(w) }

// HalfBody reads half of what the client sends and breaks the connection.
func HalfBody(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
	_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
	reset(w)
}

// LoseAnswer lets the store carry the request out and breaks the connection
// instead of answering.
func LoseAnswer(w http.ResponseWriter, _ *http.Request, forward func(http.ResponseWriter)) {
	forward(httptest.NewRecorder())
	reset(w)
}

// CutAnswer lets the store carry the request out and sends half of its answer.
func CutAnswer(w http.ResponseWriter, r *http.Request, forward func(http.ResponseWriter)) {
	recorder := httptest.NewRecorder()
	forward(recorder)
	body := recorder.Body.Bytes()
	for k, v := range recorder.Header() {
		w.Header()[k] = v
	}
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

// Stall answers nothing for at most d, or until the client goes away.
func Stall(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
		// The end of the client's connection is only noticed when its body was read.
		_, _ = io.Copy(io.Discard, r.Body)
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		}
		reset(w)
	}
}

// Slow lets the store carry the request out after d.
func Slow(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward func(http.ResponseWriter)) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		}
		forward(w)
	}
}

// LateError answers 200 and white space, and then an error in the body (API
// reference, CompleteMultipartUpload).
func LateError(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(w, "   \n<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>")
}

// SlowAnswer sends white space for d before what the store answers.
func SlowAnswer(d time.Duration) Fault {
	return func(w http.ResponseWriter, _ *http.Request, forward func(http.ResponseWriter)) {
		recorder := httptest.NewRecorder()
		forward(recorder)
		if recorder.Code != http.StatusOK {
			w.WriteHeader(recorder.Code)
			_, _ = w.Write(recorder.Body.Bytes())
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		const step = 50 * time.Millisecond
		for waited := time.Duration(0); waited < d; waited += step {
			fmt.Fprint(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(step)
		}
		body := recorder.Body.String()
		if strings.HasPrefix(body, "<?xml") {
			_, body, _ = strings.Cut(body, "?>")
		}
		fmt.Fprint(w, body)
	}
}

func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close with a reset
	}
	_ = conn.Close()
}
