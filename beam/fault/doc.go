// Package fault has the classes of what can go wrong with a recording, and reads
// the class, the hint and the rest off any error. The type is that of capture;
// faults of packages that do not import capture are known by their methods.
//
// It must not know what raises a fault, or which exit code a class has.
package fault
