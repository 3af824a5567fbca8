package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// nodeServer puts volumes where the kubelet wants them for a pod.
type nodeServer struct {
	csi.UnimplementedNodeServer
	store *store
	node  string
}

func (n *nodeServer) NodeGetInfo(
	context.Context, *csi.NodeGetInfoRequest,
) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: n.node}, nil
}

func (*nodeServer) NodeGetCapabilities(
	context.Context, *csi.NodeGetCapabilitiesRequest,
) (*csi.NodeGetCapabilitiesResponse, error) {
	rpc := &csi.NodeServiceCapability_RPC{
		Type: csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	}
	return &csi.NodeGetCapabilitiesResponse{Capabilities: []*csi.NodeServiceCapability{
		{Type: &csi.NodeServiceCapability_Rpc{Rpc: rpc}},
	}}, nil
}

func (n *nodeServer) NodePublishVolume(
	_ context.Context, request *csi.NodePublishVolumeRequest,
) (*csi.NodePublishVolumeResponse, error) {
	capability := request.GetVolumeCapability()
	if err := mountable([]*csi.VolumeCapability{capability}); err != nil {
		return nil, err
	}
	id, target := request.GetVolumeId(), request.GetTargetPath()
	if _, err := n.store.find(volumes, id); err != nil {
		return nil, err
	}
	directory, err := n.store.path(volumes, id)
	if err != nil {
		return nil, err
	}
	source := filepath.Join(directory, files)
	if err := os.MkdirAll(target, 0o750); err != nil {
		return nil, internal(err)
	}
	mounted, err := same(source, target)
	if err != nil {
		return nil, internal(err)
	}
	if !mounted {
		if err := syscall.Mount(source, target, "", syscall.MS_BIND, ""); err != nil {
			return nil, internal(err)
		}
	}
	if request.GetReadonly() {
		flags := uintptr(syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY)
		if err := syscall.Mount("", target, "", flags, ""); err != nil {
			return nil, internal(err)
		}
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (n *nodeServer) NodeUnpublishVolume(
	_ context.Context, request *csi.NodeUnpublishVolumeRequest,
) (*csi.NodeUnpublishVolumeResponse, error) {
	target := request.GetTargetPath()
	if target == "" {
		return nil, status.Error(codes.InvalidArgument, "no target is named")
	}
	// EINVAL: nothing is mounted there. What is mounted is never removed with it,
	// as rmdir takes an empty directory only.
	err := syscall.Unmount(target, 0)
	gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EINVAL)
	if err != nil && !gone {
		return nil, internal(err)
	}
	if err := syscall.Rmdir(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, internal(err)
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

// same tells whether two paths lead to one directory, as a mount makes them.
func same(one, other string) (bool, error) {
	first, err := os.Stat(one)
	if err != nil {
		return false, err
	}
	second, err := os.Stat(other)
	if err != nil {
		return false, err
	}
	return os.SameFile(first, second), nil
}
