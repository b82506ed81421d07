using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace ConnectAgent.ControlPlane.State;

/// <summary>
/// Binds the operating system's SQLite, which its vendor keeps patched. The only provider that restores asks for a bundled library by
/// name; it gets the system's instead.
/// </summary>
internal static class SqliteLibrary
{
    private static readonly string[] Names = ["libsqlite3.so.0", "libsqlite3.dylib", "libsqlite3.so"];
    private static readonly Lazy<bool> Bound = new(Bind);

    /// <summary>Binds once in the process.</summary>
    /// <exception cref="StateStorageException">The system has no SQLite.</exception>
    public static void Require() => _ = Bound.Value;

    private static bool Bind()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3")
        {
            return nint.Zero;
        }

        foreach (var candidate in Names)
        {
            if (NativeLibrary.TryLoad(candidate, out var library))
            {
                return library;
            }
        }

        throw new StateStorageException("the operating system's SQLite library is missing (libsqlite3.so.0; Debian's package libsqlite3-0)");
    }
}
