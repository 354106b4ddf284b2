package main

import (
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"beam": main})
}

// TestScripts runs testdata/script: what the command line answers to bad input,
// before anything starts. Each script has an empty folder for private folders,
// and nothing may be left in it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			private := e.WorkDir + "/private"
			e.Setenv("TMPDIR", private)
			return os.Mkdir(private, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// code N ARGS...: beam ends with code N.
			"code": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 1 {
					ts.Fatalf("usage: code N ARGS...")
				}
				err := ts.Exec("beam", args[1:]...)
				got := "0"
				if exit, ok := err.(interface{ ExitCode() int }); ok {
					got = strconv.Itoa(exit.ExitCode())
				} else if err != nil {
					ts.Fatalf("beam: %v", err)
				}
				if got != args[0] {
					ts.Fatalf("beam ended with %s, want %s", got, args[0])
				}
			},
			// empty DIR: nothing is in the folder.
			"empty": func(ts *testscript.TestScript, _ bool, args []string) {
				left, err := os.ReadDir(ts.MkAbs(args[0]))
				ts.Check(err)
				if len(left) > 0 {
					ts.Fatalf("%v left in %s", left, args[0])
				}
			},
		},
	})
}
