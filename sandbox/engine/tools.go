//go:build tools

// Package tools pins the Pulumi command line that the sandbox builds where no
// official one is on PATH.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
