//go:build tools

// Package tools pins the server that speaks the API of Cloud Storage.
package tools

import (
	_ "github.com/fsouza/fake-gcs-server"
)
