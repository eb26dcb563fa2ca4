package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.inmesh.filter.authz.AccessFilterFactory;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Policies about who calls, where the identity is that of a certificate on a real connection. */
class IdentityAccessTest {
  private static final String WEB = "spiffe://cluster.local/ns/default/sa/web";
  private static final String ORDERS = "spiffe://cluster.local/ns/default/sa/orders";
  private static final String OTHER = "spiffe://cluster.local/ns/other/sa/web";
  private static final TlsPolicy ANY_PEER =
      new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null);
  private static final ServerTlsPolicy PERMISSIVE =
      new ServerTlsPolicy(ServerTlsPolicy.Mode.PERMISSIVE, List.of());

  private final TestAuthority authority = new TestAuthority();
  private final SecureMeshes meshes = new SecureMeshes(SslContexts.FASTEST);

  @BeforeEach
  void start() throws Exception {
    meshes.client.update(authority.svid(WEB), authority.bundle());
    meshes.server.update(authority.svid(ORDERS), authority.bundle());
    meshes.start(PERMISSIVE, ANY_PEER);
  }

  @AfterEach
  void nothingLeaks() {
    meshes.close();
  }

  private static FilterConfig allow(StringMatch identity) {
    AccessPolicy policy =
        new AccessPolicy("callers", new AccessMatch.Always(), new AccessMatch.Identity(identity));
    AccessRules rules = new AccessRules(AccessRules.Action.ALLOW, List.of(policy));
    return new FilterConfig(
        "access", AccessFilterFactory.TYPE, false, new AccessControl(rules, null, ""));
  }

  private static StringMatch exactly(String identity) {
    return new StringMatch.Exact(identity, false);
  }

  private static void assertAllowed(ManagedChannel channel) {
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
  }

  private static void assertDenied(ManagedChannel channel) {
    CallOptions bounded = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, UNARY, bounded, "hello"));
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(thrown.getStatus().getDescription()).isEqualTo("RBAC: access denied");
  }

  @Test
  void policyChange_isInForceFromTheNextCallOfTheConnection() {
    meshes.serve(PERMISSIVE, allow(exactly(WEB)));
    assertAllowed(meshes.channel());
    meshes.serve(PERMISSIVE, allow(exactly(OTHER)));
    assertDenied(meshes.channel());
    assertThat(meshes.service.calls).hasValue(1);
    meshes.serve(PERMISSIVE, allow(exactly(WEB)));
    assertAllowed(meshes.channel());
    assertThat(meshes.connections()).isEqualTo(1);
  }

  @Test
  void namespace_isThatOfTheCertificate() {
    meshes.serve(PERMISSIVE, allow(new StringMatch.Regex(".*/ns/default/.*")));
    assertAllowed(meshes.channel());
    meshes.serve(PERMISSIVE, allow(new StringMatch.Regex(".*/ns/other/.*")));
    assertDenied(meshes.channel());
  }

  @Test
  void plaintext_isNobody() {
    ManagedChannel plain = meshes.plainChannel();
    meshes.serve(PERMISSIVE, allow(new StringMatch.Prefix("", false)));
    assertAllowed(meshes.channel());
    assertDenied(plain);
    meshes.serve(PERMISSIVE);
    assertAllowed(plain);
  }
}
