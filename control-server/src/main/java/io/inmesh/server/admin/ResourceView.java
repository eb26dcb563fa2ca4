package io.inmesh.server.admin;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.inmesh.wire.filters.v1.IdempotencyKeys;
import io.inmesh.wire.filters.v1.InFlightLimit;
import io.inmesh.wire.route.v1.CallPolicy;
import io.inmesh.wire.route.v1.FixedStatus;
import io.inmesh.wire.route.v1.RetrySafety;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A resource as JSON, nested extensions included where their type is known. */
final class ResourceView {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private ResourceView() {}

  /** Built when first asked for: the descriptors are many and start-up needs none of them. */
  private static final class Printer {
    static final JsonFormat.Printer INSTANCE =
        JsonFormat.printer()
            .usingTypeRegistry(
                TypeRegistry.newBuilder()
                    .add(Listener.getDescriptor())
                    .add(RouteConfiguration.getDescriptor())
                    .add(Cluster.getDescriptor())
                    .add(ClusterLoadAssignment.getDescriptor())
                    .add(HttpConnectionManager.getDescriptor())
                    .add(Router.getDescriptor())
                    .add(FilterConfig.getDescriptor())
                    .add(HTTPFault.getDescriptor())
                    .add(LocalRateLimit.getDescriptor())
                    .add(AdmissionControl.getDescriptor())
                    .add(AdaptiveConcurrency.getDescriptor())
                    .add(InFlightLimit.getDescriptor())
                    .add(IdempotencyKeys.getDescriptor())
                    .add(CallPolicy.getDescriptor())
                    .add(RetrySafety.getDescriptor())
                    .add(FixedStatus.getDescriptor())
                    .build());
  }

  /** As JSON; as text where it holds a type this server does not know by name. */
  static JsonNode of(Any resource) {
    try {
      return MAPPER.readTree(Printer.INSTANCE.print(resource));
    } catch (InvalidProtocolBufferException e) {
      return MAPPER
          .createObjectNode()
          .put("@type", resource.getTypeUrl())
          .put("text", text(resource));
    }
  }

  private static String text(Any resource) {
    try {
      return switch (resource.getTypeUrl().substring(resource.getTypeUrl().indexOf('/') + 1)) {
        case "envoy.config.listener.v3.Listener" -> resource.unpack(Listener.class).toString();
        case "envoy.config.route.v3.RouteConfiguration" ->
            resource.unpack(RouteConfiguration.class).toString();
        case "envoy.config.cluster.v3.Cluster" -> resource.unpack(Cluster.class).toString();
        case "envoy.config.endpoint.v3.ClusterLoadAssignment" ->
            resource.unpack(ClusterLoadAssignment.class).toString();
        default -> resource.toString();
      };
    } catch (InvalidProtocolBufferException e) {
      return resource.toString();
    }
  }
}
