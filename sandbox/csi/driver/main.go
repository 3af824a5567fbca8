// Command driver keeps the volumes and snapshots of one node as directories.
//
// It speaks the Container Storage Interface on one socket, which the sidecars and
// the kubelet call, and tells the kubelet of itself on another.
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// name is what StorageClasses and VolumeSnapshotClasses call the driver by.
const name = "hostpath.csi.k8s.io"

func main() {
	socket := flag.String("socket", "", "where the driver is called")
	register := flag.String("register", "", "where the kubelet learns of it")
	data := flag.String("data", "", "directory of volumes and snapshots")
	node := flag.String("node", "", "name of the node")
	flag.Parse()

	// What is made is as open as its maker says, whatever the user's own habit.
	syscall.Umask(0)
	kept, err := openStore(*data)
	if err != nil {
		log.Fatal(err)
	}
	driver := grpc.NewServer()
	csi.RegisterIdentityServer(driver, identity{})
	csi.RegisterControllerServer(driver, &controller{store: kept})
	csi.RegisterNodeServer(driver, &nodeServer{store: kept, node: *node})
	registrar := grpc.NewServer()
	registration.RegisterRegistrationServer(registrar, registrant{socket: *socket})

	failed := make(chan error, 2)
	go func() { failed <- serve(driver, *socket) }()
	go func() { failed <- serve(registrar, *register) }()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	select {
	case err := <-failed:
		log.Fatal(err)
	case <-end:
		// Both take their socket away; by its going the kubelet knows.
		registrar.Stop()
		driver.GracefulStop()
	}
}

// serve answers on a socket, in place of one that a killed driver left there.
func serve(server *grpc.Server, socket string) error {
	if err := os.MkdirAll(filepath.Dir(socket), 0o750); err != nil {
		return err
	}
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return err
	}
	return server.Serve(listener)
}
