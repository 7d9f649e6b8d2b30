// Signs a person up at a vault and reads the status: SignUp READY_FILE NAME NUMBER

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import idvault.v1.Common;
import idvault.v1.Status;
import idvault.v1.StatusServiceGrpc;
import idvault.v1.VerificationOuterClass;
import idvault.v1.VerificationServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** READY_FILE is written by {@code idvault dev --ready-file}; a production backend has settings of its own. */
public final class SignUp {
  private static final String PLATFORM = "platform-a";
  private static final long SECONDS = 10;

  private SignUp() {}

  public static void main(String[] given) throws Exception {
    if (given.length != 3) {
      System.err.println("usage: SignUp READY_FILE NAME NUMBER");
      System.exit(2);
    }
    ManagedChannel channel = connect(Path.of(given[0]));
    int code = 0;
    try {
      signUp(channel, given[1], given[2]);
    } catch (StatusRuntimeException error) {
      System.err.println(told(error));
      code = 1;
    } finally {
      channel.shutdownNow().awaitTermination(SECONDS, TimeUnit.SECONDS);
    }
    System.exit(code);
  }

  private static void signUp(ManagedChannel channel, String name, String number) {
    long agreed = Instant.now().getEpochSecond() - 1;
    // Save the id before the call, so that the call can be repeated: the same id is the same claim.
    var request =
        VerificationOuterClass.VerifyIndividualRequest.newBuilder()
            .setRequestId(UUID.randomUUID().toString())
            .setRealName(name)
            .setDocument(
                Common.IdentityDocument.newBuilder()
                    .setType(Common.DocumentType.DOCUMENT_TYPE_RESIDENT_ID)
                    .setNumber(number))
            .setConsent(
                Common.Consent.newBuilder()
                    .setPolicyVersion("terms-3")
                    .setAgreeTime(Timestamp.newBuilder().setSeconds(agreed)))
            .build();
    // A call that meets a restart waits for the next connection, until its deadline.
    var claim =
        VerificationServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
            .verifyIndividual(request);
    if (claim.getState() == VerificationOuterClass.Verification.State.STATE_FAILED) {
      System.out.println("failed: " + claim.getFailureReason());
      return;
    }
    var status =
        StatusServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
            .getStatus(
                Status.GetStatusRequest.newBuilder()
                    .setAccountToken(claim.getAccountToken())
                    .build());
    System.out.printf(
        "%s %s revision %d%n", status.getAccountToken(), status.getState(), status.getRevision());
  }

  private static ManagedChannel connect(Path readyFile) throws IOException {
    JsonObject ready =
        JsonParser.parseString(Files.readString(readyFile, StandardCharsets.UTF_8)).getAsJsonObject();
    JsonObject own = ready.getAsJsonObject("certificates").getAsJsonObject(PLATFORM);
    var credentials =
        TlsChannelCredentials.newBuilder()
            .keyManager(new File(own.get("certificate").getAsString()), new File(own.get("key").getAsString()))
            .trustManager(new File(ready.get("ca").getAsString()))
            .build();
    return NettyChannelBuilder.forTarget(ready.get("grpc").getAsString(), credentials)
        .overrideAuthority(ready.get("server_name").getAsString())
        .defaultServiceConfig(serviceConfig())
        .enableRetry()
        // The vault is on the internal network: a proxy for outgoing traffic must not see the calls.
        .proxyDetector(address -> null)
        .build();
  }

  /** Every method of a platform may be repeated: it reads, or its request id makes a repeat the same act. */
  private static Map<String, ?> serviceConfig() {
    var policy =
        Map.of(
            "maxAttempts", 5.0,
            "initialBackoff", "0.1s",
            "maxBackoff", "2s",
            "backoffMultiplier", 2.0,
            "retryableStatusCodes", List.of("UNAVAILABLE", "CANCELLED"));
    var names =
        List.of(
            Map.of("service", "idvault.v1.VerificationService"),
            Map.of("service", "idvault.v1.StatusService"));
    return Map.of("methodConfig", List.of(Map.of("name", names, "retryPolicy", policy)));
  }

  /** Returns a refusal in one line: its status, its reason, which fields are wrong and how; never a value. */
  private static String told(StatusRuntimeException error) throws InvalidProtocolBufferException {
    var parts = new StringJoiner("; ").add(error.getStatus().getCode().toString());
    var status = StatusProto.fromThrowable(error);
    for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        parts.add(detail.unpack(ErrorInfo.class).getReason());
      } else if (detail.is(BadRequest.class)) {
        for (var violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
          parts.add(violation.getField() + " " + violation.getDescription());
        }
      } else if (detail.is(RetryInfo.class)) {
        parts.add("again after " + detail.unpack(RetryInfo.class).getRetryDelay().getSeconds() + " s");
      }
    }
    return parts.toString();
  }
}
