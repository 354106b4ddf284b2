// Package succession decides which file a recorder writes whose output another
// recorder may have begun: one that was killed, or whose node is gone, leaves a
// recording that has to be finished, and whoever takes its place goes on with the
// next part of it.
//
// It owns the names of parts, what is told of each from the disk, and the claim that
// lets one of two successors win. It must not finish or upload anything: it names
// what has to be.
package succession
