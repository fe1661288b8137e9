/** An application that names the libraries' modules. */
module org.example.served {
  requires org.nemotron.nas;
  requires org.nemotron.runtime;
}
