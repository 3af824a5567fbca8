package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// controller makes and deletes volumes and snapshots.
type controller struct {
	csi.UnimplementedControllerServer
	store *store
}

func (*controller) ControllerGetCapabilities(
	context.Context, *csi.ControllerGetCapabilitiesRequest,
) (*csi.ControllerGetCapabilitiesResponse, error) {
	answer := &csi.ControllerGetCapabilitiesResponse{}
	for _, can := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: can}
		answer.Capabilities = append(answer.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc},
		})
	}
	return answer, nil
}

func (c *controller) CreateVolume(
	_ context.Context, request *csi.CreateVolumeRequest,
) (*csi.CreateVolumeResponse, error) {
	id := request.GetName()
	if err := mountable(request.GetVolumeCapabilities()); err != nil {
		return nil, err
	}
	done, err := c.store.alone(id)
	if err != nil {
		return nil, err
	}
	defer done()
	wanted := request.GetCapacityRange().GetRequiredBytes()
	source, from, bytes, err := c.origin(request.GetVolumeContentSource())
	if err != nil {
		return nil, err
	}
	if most := request.GetCapacityRange().GetLimitBytes(); most > 0 && bytes > most {
		return nil, status.Errorf(codes.OutOfRange, "%s has %d bytes", source, bytes)
	}
	known := kept{Source: source, Bytes: max(wanted, bytes), Made: time.Now()}
	found, err := c.store.find(volumes, id)
	switch {
	case status.Code(err) == codes.NotFound:
		err = c.store.make(volumes, id, from, known)
	case err == nil && (found.Source != known.Source || found.Bytes != known.Bytes):
		err = status.Errorf(codes.AlreadyExists, "%s is there, and another", id)
	}
	if err != nil {
		return nil, err
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId:      id,
		CapacityBytes: known.Bytes,
		ContentSource: request.GetVolumeContentSource(),
	}}, nil
}

// origin is what a new volume is made from: its name, its files and its size.
func (c *controller) origin(
	source *csi.VolumeContentSource,
) (name, from string, bytes int64, err error) {
	var kind, id string
	switch {
	case source == nil:
		return "", "", 0, nil
	case source.GetSnapshot() != nil:
		kind, id = shots, source.GetSnapshot().GetSnapshotId()
	case source.GetVolume() != nil:
		kind, id = volumes, source.GetVolume().GetVolumeId()
	default:
		return "", "", 0, status.Error(codes.InvalidArgument, "an unknown source")
	}
	found, err := c.store.find(kind, id)
	if err != nil {
		return "", "", 0, err
	}
	directory, err := c.store.path(kind, id)
	return kind + "/" + id, filepath.Join(directory, files), found.Bytes, err
}

func (c *controller) DeleteVolume(
	_ context.Context, request *csi.DeleteVolumeRequest,
) (*csi.DeleteVolumeResponse, error) {
	return &csi.DeleteVolumeResponse{}, c.delete(volumes, request.GetVolumeId())
}

func (c *controller) CreateSnapshot(
	_ context.Context, request *csi.CreateSnapshotRequest,
) (*csi.CreateSnapshotResponse, error) {
	id, of := request.GetName(), request.GetSourceVolumeId()
	volume, err := c.store.find(volumes, of)
	if err != nil {
		return nil, err
	}
	done, err := c.store.alone(id)
	if err != nil {
		return nil, err
	}
	defer done()
	known := kept{Source: of, Bytes: volume.Bytes, Made: time.Now()}
	found, err := c.store.find(shots, id)
	switch {
	case status.Code(err) == codes.NotFound:
		var directory string
		if directory, err = c.store.path(volumes, of); err == nil {
			err = c.store.make(shots, id, filepath.Join(directory, files), known)
		}
	case err == nil && found.Source != of:
		err = status.Errorf(codes.AlreadyExists, "%s is of %s", id, found.Source)
	case err == nil:
		known = *found
	}
	if err != nil {
		return nil, err
	}
	return &csi.CreateSnapshotResponse{Snapshot: &csi.Snapshot{
		SnapshotId:     id,
		SourceVolumeId: of,
		SizeBytes:      known.Bytes,
		CreationTime:   timestamppb.New(known.Made),
		ReadyToUse:     true,
	}}, nil
}

func (c *controller) DeleteSnapshot(
	_ context.Context, request *csi.DeleteSnapshotRequest,
) (*csi.DeleteSnapshotResponse, error) {
	return &csi.DeleteSnapshotResponse{}, c.delete(shots, request.GetSnapshotId())
}

func (c *controller) delete(kind, id string) error {
	done, err := c.store.alone(id)
	if err != nil {
		return err
	}
	defer done()
	return c.store.remove(kind, id)
}

func (c *controller) ValidateVolumeCapabilities(
	_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest,
) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if _, err := c.store.find(volumes, request.GetVolumeId()); err != nil {
		return nil, err
	}
	wanted := request.GetVolumeCapabilities()
	if err := mountable(wanted); err != nil {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: err.Error()}, nil
	}
	return &csi.ValidateVolumeCapabilitiesResponse{
		Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
			VolumeCapabilities: wanted,
		},
	}, nil
}

// mountable refuses volumes that are wanted as block devices.
func mountable(wanted []*csi.VolumeCapability) error {
	if len(wanted) == 0 {
		return status.Error(codes.InvalidArgument, "no capability is asked for")
	}
	for _, capability := range wanted {
		if capability.GetMount() == nil {
			return status.Error(codes.InvalidArgument, "volumes here are file systems")
		}
	}
	return nil
}
