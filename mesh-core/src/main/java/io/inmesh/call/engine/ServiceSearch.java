package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.RequestHead;
import java.util.List;

/** What an authority leads to, where a first look in the configuration did not find it. */
final class ServiceSearch {
  /** What was found. */
  sealed interface Result {
    /** A service. */
    record Found(ServiceRoutes service) implements Result {}

    /** Nothing yet: the control server was asked. */
    record Later() implements Result {}

    /** A host outside the mesh that may be called. */
    record Outside(String host, int port, boolean secure) implements Result {}

    /** Nothing that may be called. */
    record Refused(Reason reason, String message) implements Result {}
  }

  private ServiceSearch() {}

  static Result of(MeshEngine engine, CompiledMesh mesh, RequestHead head) {
    Resolution found = engine.resolve(mesh, head.authority(), head.scheme(), head.kind());
    ServiceRoutes service = found.service();
    if (service != null) {
      return new Result.Found(service);
    }
    return found.unknown() ? new Result.Later() : unknownHost(engine, mesh, head, found);
  }

  private static Result unknownHost(
      MeshEngine engine, CompiledMesh mesh, RequestHead head, Resolution found) {
    List<String> candidates = found.candidates();
    for (String candidate : candidates) {
      String problem = mesh.problems.get(candidate);
      if (problem != null) {
        return new Result.Refused(
            Reason.NO_SUCH_SERVICE, "its configuration is not valid: " + problem);
      }
    }
    MeshNames.Parts parts = MeshNames.Parts.of(head.authority());
    if (engine.names.isMeshName(parts.host())) {
      return new Result.Refused(
          Reason.NO_SUCH_SERVICE, noSuchService(mesh, head.authority(), candidates));
    }
    if (engine.settings.egress() != EgressPolicy.ALLOW_ANY) {
      return new Result.Refused(
          Reason.EGRESS_DENIED,
          "host '"
              + parts.host()
              + "' is not known to the mesh and the outbound traffic policy is REGISTRY_ONLY");
    }
    boolean secure = head.scheme().equals("https");
    int port = parts.port() != 0 ? parts.port() : secure ? 443 : 80;
    return new Result.Outside(parts.host(), port, secure);
  }

  private static String noSuchService(
      CompiledMesh mesh, String authority, List<String> candidates) {
    StringBuilder text = new StringBuilder("no service '").append(authority);
    text.append("' (looked for ").append(candidates);
    for (String candidate : candidates) {
      String said = mesh.snapshot.absent().getOrDefault(candidate, "");
      if (!said.isEmpty()) {
        text.append("; the control server says: ").append(said);
        break;
      }
    }
    return text.append(')').toString();
  }
}
