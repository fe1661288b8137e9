package org.nemotron.runtime.server.wire;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A request that is answered with an error: status, type, code, and the field that is wrong. */
public final class ApiException extends RuntimeException {
  /** The code of a prompt that is too long. */
  public static final String CONTEXT_LENGTH = "context_length_exceeded";

  private static final long serialVersionUID = 1;
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;
  private final int retrySeconds;

  private ApiException(
      int status,
      String type,
      @Nullable String code,
      @Nullable String param,
      int retrySeconds,
      String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
    this.retrySeconds = retrySeconds;
  }

  /** Returns the error of a wrong field. */
  public static ApiException invalid(String param, String message) {
    return new ApiException(400, INVALID, null, param, 0, message);
  }

  /** Returns the error of a request that is wrong as a whole. */
  public static ApiException invalid(String message) {
    return new ApiException(400, INVALID, null, null, 0, message);
  }

  /** Returns the error of a field that is not supported. */
  public static ApiException unsupported(String param, String message) {
    return new ApiException(400, INVALID, "unsupported_parameter", param, 0, message);
  }

  /** Returns the error of a body that is not JSON. */
  public static ApiException invalidJson(String message) {
    return new ApiException(400, INVALID, "invalid_json", null, 0, message);
  }

  /** Returns the error of a request that exceeds the model's context. */
  public static ApiException contextLength(String param, String message) {
    return new ApiException(400, INVALID, CONTEXT_LENGTH, param, 0, message);
  }

  /** Returns the error of a caller without a valid key. */
  public static ApiException unauthorized() {
    return new ApiException(
        401,
        "authentication_error",
        "invalid_api_key",
        null,
        0,
        "the API key is missing or wrong.\nMaybe send it as: Authorization: Bearer KEY");
  }

  /** Returns the error of an unknown model. */
  public static ApiException noModel(String name, String served) {
    return new ApiException(
        404,
        INVALID,
        "model_not_found",
        "model",
        0,
        "the model " + name + " is not served here.\nMaybe ask for " + served + ".");
  }

  /** Returns an error that is the caller's and has no code. */
  public static ApiException ofStatus(int status, String message) {
    return new ApiException(status, INVALID, null, null, 0, message);
  }

  /** Returns the error of a server with too much to do. */
  public static ApiException busy(int retrySeconds, String message) {
    return new ApiException(429, "rate_limit_error", "queue_full", null, retrySeconds, message);
  }

  /** Returns the error of a server that does not answer yet, or no longer. */
  public static ApiException unavailable(String code, int retrySeconds, String message) {
    return new ApiException(503, SERVER, code, null, retrySeconds, message);
  }

  /** Returns the error of a fault that is not the caller's. */
  public static ApiException fault(String message) {
    return new ApiException(500, SERVER, null, null, 0, message);
  }

  /** Returns the status of HTTP. */
  public int status() {
    return status;
  }

  /** Returns after how many seconds another attempt may succeed. */
  public OptionalInt retrySeconds() {
    return retrySeconds > 0 ? OptionalInt.of(retrySeconds) : OptionalInt.empty();
  }

  /** Returns the body of the answer. */
  public ObjectNode body() {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("message", getMessage()).put("type", type).put("param", param).put("code", code);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.set("error", error);
    return body;
  }
}
