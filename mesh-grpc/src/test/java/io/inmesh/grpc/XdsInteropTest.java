package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.xds.InternalGrpcBootstrapperImpl;
import io.grpc.xds.client.Bootstrapper.BootstrapInfo;
import io.inmesh.MeshConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class XdsInteropTest {
  private static MeshConfig.Builder config() {
    return MeshConfig.builder()
        .controlServer("127.0.0.1:15010")
        .service("web")
        .namespace("shop")
        .instance("web-1")
        .version("v1")
        .locality("eu/a/1");
  }

  @Test
  void bootstrap_isUnderstoodByStockGrpc() throws Exception {
    Map<String, Object> bootstrap = XdsInterop.bootstrap(config().insecure(true).build());
    BootstrapInfo understood = InternalGrpcBootstrapperImpl.parseBootstrap(bootstrap);
    assertThat(understood.servers()).hasSize(1);
    assertThat(understood.servers().get(0).target()).isEqualTo("127.0.0.1:15010");
    assertThat(understood.node().getId()).isEqualTo("web.shop/web-1-xds");
    assertThat(understood.serverListenerResourceNameTemplate())
        .isEqualTo("inmesh/server?listener=%s");
    assertThat(understood.node().toString())
        .contains("cluster=web", "NAMESPACE=shop")
        .doesNotContain("inmesh.version");
  }

  @Test
  void bootstrapJson_saysTheSame() {
    MeshConfig insecure = config().insecure(true).build();
    JsonMapper json = JsonMapper.shared();
    assertThat(json.readTree(XdsInterop.bootstrapJson(insecure)))
        .isEqualTo(json.valueToTree(XdsInterop.bootstrap(insecure)));
  }

  @Test
  void bootstrap_secure_isRefused() {
    MeshConfig secure = config().token("t").build();
    assertThatThrownBy(() -> XdsInterop.bootstrap(secure))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("insecure=true");
  }
}
