package beam

import "beam/beam/fault"

// Fault is an error with a class and a hint for the user.
type Fault = fault.Fault

// ClassUsage is the class of a configuration that can't work.
const ClassUsage = fault.ClassUsage
