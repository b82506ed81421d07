using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Files;

/// <summary>Files that nobody else reads, not even for a moment, and that are replaced whole or not at all.</summary>
internal static class PrivateFile
{
    public const string TemporarySuffix = ".tmp";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes beside the file, brings it to disk and renames it: a kill at any moment leaves the old file or the new one, whole.
    /// </summary>
    /// <exception cref="IOException">Disk or directory; the old file stays.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Replace(string path, Action<Stream> write, bool overwrite)
    {
        RequireReplaceable(path);
        var temporary = path + TemporarySuffix;
        File.Delete(temporary);
        try
        {
            // CreateNew follows no link that somebody put there. Without a buffer, none is left behind with the key in it.
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
                BufferSize = 0,
            };
            using (var stream = new FileStream(temporary, options))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite);
        }
        catch (ArgumentOutOfRangeException error)
        {
            // What the framework makes of a file that may not grow (EFBIG).
            TryDelete(temporary);
            throw new IOException($"{path}: the file may not be so long", error);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Refuses to put a file in the place of something else: of a device, say, by root.</summary>
    /// <exception cref="IOException">There is something, and no regular file.</exception>
    public static void RequireReplaceable(string path)
    {
        try
        {
            RegularFile.RequireNoOther(path);
        }
        catch (ForeignFileException error)
        {
            throw new IOException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Opens for reading; a mode wider than 0600 is tightened first, with a warning.</summary>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="ForeignFileException">No regular file: nothing of ours, and reading it could hang.</exception>
    /// <exception cref="IOException">Other than the file missing.</exception>
    /// <exception cref="UnauthorizedAccessException">Not ours to read, or a directory.</exception>
    public static FileStream? OpenRead(string path, ILogger logger)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw new ForeignFileException("it is a link");
        }

        FileStream stream;
        try
        {
            stream = RegularFile.OpenRead(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        Tighten(stream, path, logger);
        return stream;
    }

    /// <summary>Deletes if possible; what cannot be deleted is met again by the next write.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>
    /// Brings the names in a directory to disk: a rename outlives a power cut only then. Best effort: a plain kill does not need it, and not every file system can
    /// do it.
    /// </summary>
    public static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // The framework opens no directories, hence the system calls.
        const int ReadOnlyCloseOnExec = 0x80000;
        var descriptor = Open(Encoding.UTF8.GetBytes(directory + '\0'), ReadOnlyCloseOnExec);
        if (descriptor >= 0)
        {
            _ = Sync(descriptor);
            _ = Close(descriptor);
        }
    }

    private static void Tighten(FileStream stream, string path, ILogger logger)
    {
        var mode = File.GetUnixFileMode(stream.SafeFileHandle);
        if ((mode & ~OwnerOnly) == UnixFileMode.None)
        {
            return;
        }

        var octal = "0" + Convert.ToString((int)mode, 8);
        try
        {
            File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly);
            logger.ModeTightened(path, octal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.ModeStays(path, octal, error.Message);
        }
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054
}
