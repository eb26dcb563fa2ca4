package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From MeshDefaults' accessLog to the listeners of callers and servers. */
class AccessLogCompileTest {
  private static final String CALLERS = "orders.shop.svc.cluster.local:80";

  private static ConfigUpdate parse(String accessLog) {
    return ConfigLoader.parse(
        "mesh.yaml",
        """
        apiVersion: v1
        kind: Service
        metadata: {name: orders, namespace: shop}
        spec: {selector: {app: orders}, ports: [{port: 80, targetPort: 8080, name: http}]}
        ---
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: default}
        spec: {%s}
        """
            .formatted(accessLog));
  }

  private static Compiled compile(String accessLog) {
    ConfigUpdate update = parse(accessLog);
    assertThat(update.findings()).noneMatch(Finding::isError);
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(update.set());
    compiler.registryChanged(RegistrySnapshot.EMPTY, Set.of());
    return Compiled.of(compiler);
  }

  private static List<AccessLog> callers(Compiled compiled) throws Exception {
    return logs(compiled.listener(CALLERS).getApiListener().getApiListener());
  }

  private static List<AccessLog> servers(Compiled compiled) throws Exception {
    return logs(
        compiled
            .listener(Names.serverListener(8080))
            .getFilterChains(0)
            .getFilters(0)
            .getTypedConfig());
  }

  private static List<AccessLog> logs(Any manager) throws Exception {
    return manager.unpack(HttpConnectionManager.class).getAccessLogList();
  }

  private static SubstitutionFormatString format(AccessLog log) throws Exception {
    return log.getTypedConfig().unpack(StdoutAccessLog.class).getLogFormat();
  }

  @ParameterizedTest
  @CsvSource({
    "'', 0, 0",
    "'accessLog: {}', 1, 1",
    "'accessLog: {mode: CLIENT}', 1, 0",
    "'accessLog: {mode: SERVER}', 0, 1",
  })
  void mode_saysWhoWrites(String settings, int callers, int servers) throws Exception {
    Compiled compiled = compile(settings);
    assertThat(callers(compiled)).hasSize(callers);
    assertThat(servers(compiled)).hasSize(servers);
    assertThat(callers(compiled.seenBy(CapabilityClass.GRPC, "shop"))).isEmpty();
  }

  @Test
  void encoding_saysWhatALineIs() throws Exception {
    AccessLog text = callers(compile("accessLog: {format: '%DURATION%'}")).get(0);
    assertThat(text.hasFilter()).isFalse();
    assertThat(format(text).getTextFormatSource().getInlineString()).isEqualTo("%DURATION%\n");
    AccessLog json = callers(compile("accessLog: {encoding: JSON}")).get(0);
    assertThat(format(json).getJsonFormat().getFieldsMap())
        .containsKeys("response_code", "upstream_host", "trace_id")
        .doesNotContainKey("user");
    AccessLog own =
        callers(compile("accessLog: {encoding: JSON, fields: {user: '%REQ(X-USER)%'}}")).get(0);
    assertThat(format(own).getJsonFormat().getFieldsMap()).containsOnlyKeys("user");
  }

  @Test
  void conditions_areEitherOfTwo_andAShareOfThose() throws Exception {
    AccessLog log =
        callers(compile("accessLog: {failed: true, slowerThan: 2s, percent: 10}")).get(0);
    assertThat(log.getFilter().getAndFilter().getFiltersList()).hasSize(2);
    var either = log.getFilter().getAndFilter().getFilters(0).getOrFilter();
    assertThat(either.getFilters(0).getStatusCodeFilter().getComparison().getValue())
        .satisfies(value -> assertThat(value.getDefaultValue()).isEqualTo(400));
    assertThat(either.getFilters(1).getGrpcStatusFilter().getExclude()).isTrue();
    assertThat(either.getFilters(2).hasResponseFlagFilter()).isTrue();
    assertThat(either.getFilters(3).getDurationFilter().getComparison().getValue())
        .satisfies(value -> assertThat(value.getDefaultValue()).isEqualTo(2000));
    assertThat(
            log.getFilter()
                .getAndFilter()
                .getFilters(1)
                .getRuntimeFilter()
                .getPercentSampled()
                .getNumerator())
        .isEqualTo(10);
  }

  @ParameterizedTest
  @CsvSource({
    "'format: \"%UNHEARD_OF%\"', BAD_FORMAT, not known",
    "'format: \"%REQ(AUTHORIZATION)%\"', BAD_FORMAT, secret",
    "'format: \"%DURATION\"', BAD_FORMAT, no closing",
    "'encoding: JSON, format: x', CONTRADICTION, JSON",
    "'fields: {a: x}', CONTRADICTION, TEXT",
  })
  void whatCannotBeWritten_isFound(String settings, FindingCode code, String text) {
    assertThat(parse("accessLog: {" + settings + "}").findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(code);
              assertThat(finding.message()).contains(text);
            });
  }
}
