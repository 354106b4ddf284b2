// Package github tells a workflow of GitHub Actions what came of a recording: a
// summary of the job (GITHUB_STEP_SUMMARY, Markdown) and annotations (workflow
// commands among the output).
//
// It writes text and does nothing else; the files are opened by who calls it. Much
// of what it tells was written by a page that nobody here knows: none of that can
// become Markdown, HTML, a link, or a workflow command.
package github
