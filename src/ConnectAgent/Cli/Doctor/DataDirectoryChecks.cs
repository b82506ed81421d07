using System.Globalization;
using ConnectAgent.Caching.Files;
using ConnectAgent.Hosting;

namespace ConnectAgent.Cli.Doctor;

/// <summary>The data directory, before a start trips over it. Changes nothing.</summary>
internal static class DataDirectoryChecks
{
    private const UnixFileMode OwnersDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const long Megabyte = 1024 * 1024;
    private const long TooLittle = 16 * Megabyte;
    private const long Little = 256 * Megabyte;

    // What each database file begins with.
    private static ReadOnlySpan<byte> DatabaseMagic => "SQLite format 3\0"u8;

    public static IEnumerable<Finding> Of(string directory)
    {
        var name = "data directory " + directory;
        if (!Directory.Exists(directory))
        {
            return Path.Exists(directory)
                ? [Finding.Fail(name + ": is no directory", "let data_dir name a directory")]
                : [Finding.Warn(name + ": is not there", "the first start makes it; if this is not the first, look at data_dir")];
        }

        Func<Finding>[] checks = [() => Mode(name, directory), () => Owner(name, directory), () => Space(name, directory), () => Opens(name, directory)];
        return checks.Select(check => Guarded(name, check));
    }

    private static Finding Guarded(string name, Func<Finding> check)
    {
        try
        {
            return check();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail($"{name}: {error.Message}", "run this as the agent's user, and give the directory and its files to that user");
        }
    }

    private static Finding Mode(string name, string directory)
    {
        var mode = File.GetUnixFileMode(directory);
        var shown = "mode 0" + Convert.ToString((int)mode, 8);
        return (mode & ~OwnersDirectory) == UnixFileMode.None ? Finding.Ok($"{name}: {shown}")
            : (mode & UnixFileMode.StickyBit) != UnixFileMode.None ? Finding.Warn($"{name}: {shown}, shared with others", "let data_dir name a directory of its own")
            : Finding.Warn($"{name}: {shown}, open to others", $"chmod 700 {directory}; the next start does so, too");
    }

    private static Finding Owner(string name, string directory)
    {
        var (owner, self) = (FileStatus.OwnerOf(directory), FileStatus.OfThisProcess);
        var foreign = DataDirectory.Files.Select(file => Path.Combine(directory, file)).FirstOrDefault(file => File.Exists(file) && FileStatus.OwnerOf(file) != owner);
        return foreign is not null ? Finding.Fail($"{name}: belongs to {UserOf(owner)}, and {foreign} to {UserOf(FileStatus.OwnerOf(foreign))}", $"chown the file to the agent's user: {foreign}")
            : self is not 0 && self != owner ? Finding.Fail($"{name}: belongs to {UserOf(owner)}, and this is {UserOf(self)}", $"chown {directory} to the agent's user; or run this as that user")
            : Finding.Ok($"{name}: belongs to {UserOf(owner)}");
    }

    private static string UserOf(uint? user) => user is { } id ? "user " + id.ToString(CultureInfo.InvariantCulture) : "an unknown user";

    private static Finding Space(string name, string directory)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        var what = $"{name}: {(free / Megabyte).ToString(CultureInfo.InvariantCulture)} MiB free";
        const string ToDo = "make room on its file system";
        return free < TooLittle ? Finding.Fail(what, ToDo) : free < Little ? Finding.Warn(what, ToDo) : Finding.Ok(what);
    }

    // Readable, writable, and begun as a database: who opens it whole is the agent.
    private static Finding Opens(string name, string directory)
    {
        foreach (var file in DataDirectory.Files.Where(static file => file.EndsWith(".db", StringComparison.Ordinal)).Select(file => Path.Combine(directory, file)).Where(File.Exists))
        {
            if (!IsDatabase(file))
            {
                return Finding.Fail($"{name}: {file} is no database", "move it away, and restore a snapshot (docs/operations.md)");
            }
        }

        return Finding.Ok($"{name}: opens");
    }

    // An empty file is a database that nothing has been written to.
    private static bool IsDatabase(string file)
    {
        RegularFile.RequireNoOther(file);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Span<byte> head = stackalloc byte[DatabaseMagic.Length];
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == 0 || head.SequenceEqual(DatabaseMagic);
    }
}
