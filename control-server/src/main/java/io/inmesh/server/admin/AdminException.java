package io.inmesh.server.admin;

import java.util.LinkedHashMap;
import java.util.Map;

/** A request that is answered with an error. */
final class AdminException extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final String field;

  AdminException(int status, String code, String field, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.field = field;
  }

  static AdminException badRequest(String field, String message) {
    return new AdminException(400, "invalid", field, message);
  }

  static AdminException notFound(String message) {
    return new AdminException(404, "not_found", "", message);
  }

  int status() {
    return status;
  }

  AdminReply reply() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", code);
    if (!field.isEmpty()) {
      error.put("field", field);
    }
    error.put("message", String.valueOf(getMessage()));
    return AdminReply.json(status, Map.of("error", error));
  }
}
