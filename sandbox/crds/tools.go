//go:build tools

// Package tools pins the projects whose CustomResourceDefinitions are read; of
// them nothing is built.
package tools

import (
	_ "github.com/kubernetes-csi/external-snapshotter/client/v8/apis/volumesnapshot/v1"
	_ "sigs.k8s.io/jobset/api/jobset/v1alpha2"
	_ "sigs.k8s.io/kueue/apis/kueue/v1beta1"
)
