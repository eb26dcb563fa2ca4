package io.inmesh.server.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One line of the journal or snapshot: a lease as JSON, readable with any tool. */
final class LeaseJson {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private LeaseJson() {}

  /** What a line says. */
  sealed interface Line {
    /** A lease in force. */
    record Put(StoredLease lease) implements Line {}

    /** A lease that ended. */
    record Remove(InstanceKey key, long epoch) implements Line {}

    /** The highest epoch given out. */
    record Epoch(long epoch) implements Line {}
  }

  static String write(Line line) {
    ObjectNode out = MAPPER.createObjectNode();
    if (line instanceof Line.Put put) {
      out.put("op", "put");
      lease(out, put.lease());
    } else if (line instanceof Line.Remove remove) {
      out.put("op", "remove").put("epoch", remove.epoch());
      key(out, remove.key());
    } else if (line instanceof Line.Epoch epoch) {
      out.put("op", "epoch").put("epoch", epoch.epoch());
    }
    return MAPPER.writeValueAsString(out);
  }

  /**
   * Reads a line back.
   *
   * @throws IllegalArgumentException if it is not one that {@link #write} made
   */
  static Line read(String text) {
    try {
      JsonNode in = MAPPER.readTree(text);
      long epoch = in.path("epoch").asLong();
      return switch (in.path("op").asString("")) {
        case "put" -> new Line.Put(lease(in, epoch));
        case "remove" ->
            new Line.Remove(
                new InstanceKey(string(in, "namespace"), string(in, "service"), string(in, "id")),
                epoch);
        case "epoch" -> new Line.Epoch(epoch);
        default -> throw new IllegalArgumentException("unknown op");
      };
    } catch (JacksonException | DateTimeParseException | RegistrationException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static void key(ObjectNode out, InstanceKey key) {
    out.put("namespace", key.namespace()).put("service", key.service()).put("id", key.id());
  }

  private static void lease(ObjectNode out, StoredLease lease) {
    Instance instance = lease.instance();
    key(out, instance.key());
    out.put("epoch", lease.epoch())
        .put("kind", lease.kind().name())
        .put("state", lease.state().name())
        .put("registeredAt", lease.registeredAt().toString())
        .put("ttlMillis", lease.ttl().toMillis())
        .put("address", instance.address());
    ArrayNode ports = out.putArray("ports");
    for (InstancePort port : instance.ports()) {
      ports
          .addObject()
          .put("name", port.name())
          .put("appProtocol", port.appProtocol())
          .put("servicePort", port.servicePort())
          .put("instancePort", port.instancePort());
    }
    ObjectNode labels = out.putObject("labels");
    instance.labels().forEach(labels::put);
    out.put("region", instance.locality().region())
        .put("zone", instance.locality().zone())
        .put("subzone", instance.locality().subzone())
        .put("weight", instance.weight())
        .put("health", instance.health().name())
        .put("identity", instance.identity());
  }

  private static StoredLease lease(JsonNode in, long epoch) throws RegistrationException {
    List<InstanceClaim.PortClaim> ports = new ArrayList<>();
    for (JsonNode port : in.path("ports")) {
      ports.add(
          new InstanceClaim.PortClaim(
              string(port, "name"),
              string(port, "appProtocol"),
              port.path("servicePort").asLong(),
              port.path("instancePort").asLong()));
    }
    Map<String, String> labels = new LinkedHashMap<>();
    in.path("labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asString()));
    // Checked like any claim: the file may have been edited, or written by another version.
    Instance instance =
        InstanceValidator.validate(
            new InstanceClaim(
                string(in, "id"),
                string(in, "service"),
                string(in, "namespace"),
                "",
                string(in, "address"),
                ports,
                labels,
                string(in, "region"),
                string(in, "zone"),
                string(in, "subzone"),
                in.path("weight").asLong(),
                string(in, "health")),
            "");
    return new StoredLease(
        instance.withIdentity(string(in, "identity")),
        LeaseKind.valueOf(string(in, "kind")),
        LeaseState.valueOf(string(in, "state")),
        epoch,
        Instant.parse(string(in, "registeredAt")),
        Duration.ofMillis(in.path("ttlMillis").asLong()));
  }

  private static String string(JsonNode in, String field) {
    return in.path(field).asString("");
  }
}
