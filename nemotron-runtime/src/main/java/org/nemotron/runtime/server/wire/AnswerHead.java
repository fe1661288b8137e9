package org.nemotron.runtime.server.wire;

/**
 * What every answer and every chunk of a request begins with. Immutable.
 *
 * @param id of the request
 * @param created when it came, in seconds since 1970
 * @param model the name it asked for
 * @param fingerprint of build, model and device
 */
public record AnswerHead(String id, long created, String model, String fingerprint) {}
