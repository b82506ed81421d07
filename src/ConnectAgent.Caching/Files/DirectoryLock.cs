namespace ConnectAgent.Caching.Files;

/// <summary>Keeps a second agent out of a data directory. The system lets go of it when the process ends, a kill included.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private const string FileName = "agent.lock";

    // EWOULDBLOCK, of Linux and of BSD.
    private static readonly int[] Held = [11, 35];

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Takes the directory for this process.</summary>
    /// <exception cref="IOException">Another one has it, or the file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be made.</exception>
    public static DirectoryLock Take(string directory)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        };
        var path = Path.Combine(directory, FileName);
        try
        {
            RegularFile.RequireNoOther(path);
            return new DirectoryLock(new FileStream(path, options));
        }
        catch (ForeignFileException error)
        {
            throw new IOException($"data_dir {directory} cannot be locked by {FileName}: {error.Message}", error);
        }
        catch (IOException error) when (Held.Contains(error.HResult))
        {
            throw new IOException($"data_dir {directory} is in use by another agent", error);
        }
    }

    public void Dispose() => _file.Dispose();
}
