"""Serves Apache Superset on the loopback, with everything it keeps in one folder; runs in Superset's own environment.

`python superset_app.py FOLDER` sets up metadata, roles and the user `analyst` (password from the environment), takes a
free port and writes it to FOLDER/port once requests are answered. It stops when its input ends. What Superset
is asked is in superset_checks.
"""

import os
import sys
import threading
from pathlib import Path


def main() -> None:
    """Set Superset up as its own commands `db upgrade`, `init` and `fab create-admin` do, and serve it."""
    folder = Path(sys.argv[1]).resolve()
    os.environ |= {
        "SUPERSET_CONFIG_PATH": str(Path(__file__).with_name("superset_config.py")),
        "SUPERSET_HOME": str(folder),
        "SCARF_ANALYTICS": "false",
    }
    import superset
    from superset.app import create_app
    from werkzeug.serving import make_server

    app = create_app()
    with app.app_context():
        from flask_migrate import upgrade
        from superset.extensions import appbuilder, security_manager

        upgrade(directory=str(Path(superset.__file__).with_name("migrations")))
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        admin = security_manager.find_role("Admin")
        password = os.environ["SUPERSET_CHECK_PASSWORD"]
        security_manager.add_user("analyst", "An", "Analyst", "analyst@example.test", admin, password=password)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    unfinished = folder / "port.unfinished"
    unfinished.write_text(str(server.port))
    unfinished.rename(folder / "port")
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
