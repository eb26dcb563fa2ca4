package io.inmesh.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.server.registry.InstanceClaim.PortClaim;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstanceValidatorTest {

  @Test
  void validate_minimalClaim_fillsInDefaults() throws Exception {
    Instance instance = InstanceValidator.validate(Claims.of("orders", "a-1"), "192.0.2.7");

    assertThat(instance.key()).isEqualTo(new InstanceKey("default", "orders", "a-1"));
    assertThat(instance.labels())
        .containsExactly(Map.entry("app", "orders"), Map.entry("version", "v1"));
    assertThat(instance.weight()).isEqualTo(1);
    assertThat(instance.health()).isEqualTo(InstanceHealth.HEALTHY);
    assertThat(instance.ports()).containsExactly(new InstancePort("http", "http", 80, 8080));
  }

  @Test
  void validate_labelsGiven_areNotOverwritten() throws Exception {
    Instance instance =
        InstanceValidator.validate(
            Claims.withLabels("v2", Map.of("app", "shop", "version", "v1", "a.b/c", "")), "");

    assertThat(instance.labels())
        .containsExactly(
            Map.entry("a.b/c", ""), Map.entry("app", "shop"), Map.entry("version", "v1"));
  }

  @ParameterizedTest
  @CsvSource({
    "http,,0,http,80",
    "http2-api,,0,http2,80",
    "grpc,,0,grpc,9000",
    "grpc-orders,,7000,grpc,7000",
    "grpcish,,0,http,80",
    "web,kubernetes.io/h2c,0,http2,80",
    "web,grpc,0,grpc,9000",
    "'',grpc,0,grpc,9000",
  })
  void validate_port_derivesProtocolAndServicePort(
      String name, String appProtocol, int servicePort, String protocol, int expected)
      throws Exception {
    Instance instance =
        InstanceValidator.validate(
            Claims.withPorts(
                new PortClaim(name, appProtocol == null ? "" : appProtocol, servicePort, 9000)),
            "");

    assertThat(instance.ports())
        .containsExactly(
            new InstancePort(name.isEmpty() ? protocol : name, protocol, expected, 9000));
  }

  @ParameterizedTest
  @CsvSource({
    "'',192.0.2.7,192.0.2.7",
    "'',::1,::1",
    "2001:DB8:0::1,192.0.2.7,2001:db8::1",
    "10.1.2.3,'',10.1.2.3",
  })
  void validate_address_emptyTakesTheCallers(String claimed, String remote, String expected)
      throws Exception {
    assertThat(InstanceValidator.validate(claim("id=a", "address=" + claimed), remote).address())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "id=                     | id: must be 1 to 253",
        "id=a/b                  | id: must be 1 to 253",
        "service=                | service: must be a DNS label",
        "service=Orders          | service: must be a DNS label",
        "service=a.b             | service: must be a DNS label",
        "namespace=-x            | namespace: must be a DNS label",
        "version=v 1             | version: must be a label value, got \"v 1\"",
        "address=localhost       | address: must be an IP address, got \"localhost\"",
        "address=0.0.0.0         | address: must be an address others can reach",
        "address=::              | address: must be an address others can reach",
        "address=224.0.0.1       | address: must be an address others can reach",
        "address=fe80::1%eth0    | address: must be an IP address",
        "address=1.2.3           | address: must be an IP address",
        "address=                | address: is required",
        "region=a b              | locality.region: must be at most 128 printable",
        "subzone=a/b             | locality.subzone: must be at most 128 printable",
        "weight=1000001          | weight: must be between 1 and 1000000, got 1000001",
        "weight=4294967295       | weight: must be between 1 and 1000000, got 4294967295",
        "health=SICK             | health: must be HEALTHY, UNHEALTHY or DRAINING, got \"SICK\"",
      })
  void validate_badField_namesIt(String change, String message) {
    assertThatThrownBy(() -> InstanceValidator.validate(claim("id=a", change), ""))
        .isInstanceOf(RegistrationException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void validate_badPorts_namesThem() {
    PortClaim good = new PortClaim("http", "", 0, 8080);
    assertMessage(Claims.withPorts(), "ports: at least one is required");
    assertMessage(
        Claims.withPorts(new PortClaim("http", "", 0, 0)),
        "ports[0].instance_port: must be between 1 and 65535, got 0");
    assertMessage(
        Claims.withPorts(good, new PortClaim("b", "", 70_000, 1)),
        "ports[1].service_port: must be between 1 and 65535, got 70000");
    assertMessage(
        Claims.withPorts(new PortClaim("http", "tcp", 0, 1)),
        "ports[0].app_protocol: must be http, http2, grpc or kubernetes.io/h2c, got \"tcp\"");
    assertMessage(
        Claims.withPorts(good, new PortClaim("http", "", 81, 1)),
        "ports[1].name: \"http\" is the name of ports[0]");
    assertMessage(
        Claims.withPorts(good, new PortClaim("web", "", 0, 1)),
        "ports[1].service_port: 80 is also that of ports[0]");
    assertMessage(
        Claims.withPorts(new PortClaim("Bad_Name", "", 0, 1)),
        "ports[0].name: must be a DNS label");
  }

  @Test
  void validate_badLabels_namesThem() {
    assertMessage(Claims.withLabels("", Map.of("a b", "c")), "labels: \"a b\" is not a label name");
    assertMessage(
        Claims.withLabels("", Map.of("team", "x y")), "labels[team]: must be a label value");
    Map<String, String> many = new java.util.HashMap<>();
    for (int i = 0; i < 65; i++) {
      many.put("l" + i, "");
    }
    assertMessage(Claims.withLabels("", many), "labels: at most 64, got 65");
  }

  private static void assertMessage(InstanceClaim claim, String message) {
    assertThatThrownBy(() -> InstanceValidator.validate(claim, "192.0.2.7"))
        .isInstanceOf(RegistrationException.class)
        .hasMessageStartingWith(message);
  }

  private static InstanceClaim claim(String... changes) {
    Map<String, String> fields =
        new java.util.HashMap<>(
            Map.of("id", "a", "service", "orders", "address", "10.0.0.1", "weight", "0"));
    for (String change : changes) {
      String[] parts = change.strip().split("=", 2);
      fields.put(parts[0], parts[1].strip());
    }
    return new InstanceClaim(
        fields.getOrDefault("id", ""),
        fields.getOrDefault("service", ""),
        fields.getOrDefault("namespace", ""),
        fields.getOrDefault("version", ""),
        fields.getOrDefault("address", ""),
        List.of(new PortClaim("http", "", 0, 8080)),
        Map.of(),
        fields.getOrDefault("region", ""),
        fields.getOrDefault("zone", ""),
        fields.getOrDefault("subzone", ""),
        Long.parseLong(fields.getOrDefault("weight", "")),
        fields.getOrDefault("health", ""));
  }
}
