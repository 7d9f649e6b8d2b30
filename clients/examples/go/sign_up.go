// Signs a person up at a vault and reads the status: sign_up READY_FILE NAME NUMBER
//
// READY_FILE is the file written by `idvault dev --ready-file`; a production backend reads the address and its PEM
// files from its own settings.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	idvault "idvault/v1"
)

const (
	platform = "platform-a"
	timeout  = 10 * time.Second
)

// Every method of a platform may be repeated: it reads, or its request id makes a repeat the same act.
const serviceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "idvault.v1.VerificationService"}, {"service": "idvault.v1.StatusService"}],
    "retryPolicy": {
      "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]
    }
  }]
}`

type readyFile struct {
	Grpc         string
	Ca           string
	ServerName   string `json:"server_name"`
	Certificates map[string]struct{ Certificate, Key string }
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sign_up READY_FILE NAME NUMBER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, told(err))
		os.Exit(1)
	}
}

func run(path, name, number string) error {
	connection, err := connect(path)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	// Save the id before the call, so that the call can be repeated: the same id is the same claim.
	claim, err := idvault.NewVerificationServiceClient(connection).VerifyIndividual(ctx, &idvault.VerifyIndividualRequest{
		RequestId: newID(),
		RealName:  name,
		Document:  &idvault.IdentityDocument{Type: idvault.DocumentType_DOCUMENT_TYPE_RESIDENT_ID, Number: number},
		Consent:   &idvault.Consent{PolicyVersion: "terms-3", AgreeTime: timestamppb.New(time.Now().Add(-time.Second))},
	})
	if err != nil {
		return err
	}
	if claim.State == idvault.Verification_STATE_FAILED {
		fmt.Printf("failed: %s\n", claim.FailureReason)
		return nil
	}
	found, err := idvault.NewStatusServiceClient(connection).GetStatus(ctx, &idvault.GetStatusRequest{AccountToken: claim.AccountToken})
	if err != nil {
		return err
	}
	fmt.Printf("%s %s revision %d\n", found.AccountToken, found.State, found.Revision)
	return nil
}

func connect(path string) (*grpc.ClientConn, error) {
	var ready readyFile
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, &ready); err != nil {
		return nil, err
	}
	own := ready.Certificates[platform]
	certificate, err := tls.LoadX509KeyPair(own.Certificate, own.Key)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(ready.Ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: roots, ServerName: ready.ServerName}
	return grpc.NewClient(
		ready.Grpc,
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// The vault is on the internal network: a proxy for outgoing traffic must not see the calls.
		grpc.WithNoProxy(),
		// A call that meets a restart waits for the next connection, until its deadline.
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
	)
}

// told returns a refusal in one line: its status, its reason, and which fields are wrong and how; never a value.
func told(err error) string {
	refusal := status.Convert(err)
	parts := []string{refusal.Code().String()}
	for _, detail := range refusal.Details() {
		switch found := detail.(type) {
		case *errdetails.ErrorInfo:
			parts = append(parts, found.Reason)
		case *errdetails.BadRequest:
			for _, violation := range found.FieldViolations {
				parts = append(parts, violation.Field+" "+violation.Description)
			}
		case *errdetails.RetryInfo:
			parts = append(parts, "again after "+found.RetryDelay.AsDuration().String())
		}
	}
	return strings.Join(parts, "; ")
}

// newID returns a random UUID (RFC 9562, version 4).
func newID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
