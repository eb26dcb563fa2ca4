package io.inmesh.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.InetAddresses;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AdminSecrets;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminAccessTest {
  private final AdminSecrets secrets;
  private final AdminAccess access;

  AdminAccessTest() throws Exception {
    secrets = AdminSecrets.open(Optional.empty());
    access = new AdminAccess(secrets);
  }

  private static AdminRequest from(String address, @Nullable String authorization) {
    var http =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
    if (authorization != null) {
      http.headers().set("Authorization", authorization);
    }
    return AdminRequest.of(http, new InetSocketAddress(InetAddresses.forString(address), 1));
  }

  /** What each role, by its secret, may do from another machine. */
  @ParameterizedTest
  @CsvSource({
    "VIEWER,   VIEWER,   0",
    "VIEWER,   OPERATOR, 403",
    "VIEWER,   CA,       403",
    "OPERATOR, VIEWER,   0",
    "OPERATOR, OPERATOR, 0",
    "OPERATOR, CA,       403",
    "CA,       VIEWER,   0",
    "CA,       OPERATOR, 0",
    "CA,       CA,       0"
  })
  void role_includesThoseBeforeIt(AdminRole shown, AdminRole needed, int refused) {
    assertThat(refusal(from("10.0.0.1", "Bearer " + secrets.secret(shown)), needed))
        .isEqualTo(refused);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, VIEWER,   0",
    "::1,       VIEWER,   0",
    "10.0.0.1,  VIEWER,   401",
    "127.0.0.1, OPERATOR, 401",
    "127.0.0.1, CA,       401"
  })
  void nobody_mayOnlyLook_andOnThisMachine(String address, AdminRole needed, int refused) {
    assertThat(refusal(from(address, null), needed)).isEqualTo(refused);
    assertThat(refusal(from(address, "Bearer "), needed)).isEqualTo(refused);
    assertThat(refusal(from(address, "Bearer guessed"), needed)).isEqualTo(refused);
    assertThat(refusal(from(address, "Basic " + secrets.secret(AdminRole.CA)), needed))
        .isEqualTo(refused);
  }

  private int refusal(AdminRequest request, AdminRole needed) {
    try {
      access.require(request, needed);
      return 0;
    } catch (AdminException e) {
      return e.status();
    }
  }

  @Test
  void refusal_saysWhichRoleIsNeeded_andNoSecret() {
    assertThatThrownBy(() -> access.require(from("10.0.0.1", "Bearer guessed"), AdminRole.CA))
        .hasMessageContaining("needs the role CA")
        .hasMessageNotContaining("guessed");
  }

  @Test
  void openPages_needNothing() throws Exception {
    access.require(from("10.0.0.1", null), null);
    new AdminAccess(null).require(from("10.0.0.1", null), AdminRole.CA);
  }
}
