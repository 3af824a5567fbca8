//go:build tools

// Package tools pins the server that speaks the API of S3.
package tools

import (
	_ "github.com/versity/versitygw/cmd/versitygw"
)
