package org.nemotron.runtime.server;

import java.util.Objects;

/** The versions of the server. */
final class ServerVersion {
  /** The release of this library; "development" where it runs from no jar. */
  static final String RELEASE =
      Objects.requireNonNullElse(
          ServerVersion.class.getPackage().getImplementationVersion(), "development");

  /** The release of the API. */
  static final String API = "1.0.0";

  private ServerVersion() {}
}
