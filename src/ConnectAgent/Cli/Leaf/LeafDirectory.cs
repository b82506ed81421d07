using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Leaf;

/// <summary>
/// A directory with the files of a leaf, which all change at one moment: they are links into <c>..data</c>, a link itself to the directory of one version. It is
/// pointed to the next version when that is whole and on disk, as the kubelet does with secrets.
/// </summary>
internal sealed class LeafDirectory : IDisposable
{
    private const string Current = "..data";
    private const string VersionPrefix = "..version-";
    private const string LockName = "..lock";

    // In a version: whoever is to be told of it has been told.
    private const string AnnouncedName = "..announced";

    private const UnixFileMode PublicFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode PublicDirectory = PublicFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _path;
    private readonly UnixFileMode _secretMode;
    private readonly FileStream _lock;

    private LeafDirectory(string path, UnixFileMode secretMode, FileStream held) => (_path, _secretMode, _lock) = (path, secretMode, held);

    /// <summary>Opens it for this process alone, and makes it if need be.</summary>
    /// <param name="path">Of the directory.</param>
    /// <param name="secretMode">Of files with the key in them.</param>
    /// <exception cref="CommandFailure">It cannot be used, another process keeps it, or there are files in it that are not ours.</exception>
    public static LeafDirectory Open(string path, UnixFileMode secretMode)
    {
        path = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path, PublicDirectory);
            foreach (var name in LeafSet.Names)
            {
                if (new FileInfo(Path.Combine(path, name)) is { } file && file.LinkTarget != TargetOf(name) && (file.LinkTarget is not null || Path.Exists(file.FullName)))
                {
                    throw new CommandFailure($"Error: {file.FullName} is there already, and not of this command: choose another -dir, or move the file away");
                }
            }

            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
            return new LeafDirectory(path, secretMode, new FileStream(Path.Combine(path, LockName), options));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"Error: -dir {path} cannot be used, or another process keeps it: {error.Message}");
        }
    }

    /// <summary>Whether what is there has been told to whom it may concern.</summary>
    public bool IsAnnounced => File.Exists(Path.Combine(_path, Current, AnnouncedName));

    /// <summary>Notes that it has.</summary>
    /// <exception cref="IOException">The disk.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Announce() => File.WriteAllBytes(Path.Combine(_path, Current, AnnouncedName), []);

    /// <summary>Puts these files in the place of those that are there, unless they are the same.</summary>
    /// <returns>Whether anything changed.</returns>
    /// <exception cref="IOException">The disk; what was there stays.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public bool Replace(LeafSet set)
    {
        // What is not known now was known before.
        set = set with { RevocationLists = set.RevocationLists ?? Read(LeafSet.RevocationListFile) };
        if (set.Files.All(file => Read(file.Name) == file.Content) && set.Files.All(file => HasMode(file.Name, file.IsSecret)))
        {
            return false;
        }

        var former = new DirectoryInfo(Path.Combine(_path, Current)).LinkTarget;
        var version = VersionPrefix + Guid.CreateVersion7();
        WriteVersion(Path.Combine(_path, version), set);
        LinkFile.Point(Path.Combine(_path, Current), version);
        foreach (var name in set.Files.Select(static file => file.Name).Where(name => !File.Exists(Path.Combine(_path, name))))
        {
            LinkFile.Point(Path.Combine(_path, name), TargetOf(name));
        }

        // Who reads just now goes on in the former version; what is older goes.
        foreach (var old in Directory.EnumerateDirectories(_path, VersionPrefix + "*").Where(old => Path.GetFileName(old) != version && Path.GetFileName(old) != former))
        {
            Directory.Delete(old, recursive: true);
        }

        return true;
    }

    public void Dispose() => _lock.Dispose();

    private static string TargetOf(string name) => Path.Combine(Current, name);

    private void WriteVersion(string directory, LeafSet set)
    {
        Directory.CreateDirectory(directory, PublicDirectory);
        File.SetUnixFileMode(directory, PublicDirectory);
        foreach (var (name, content, isSecret) in set.Files)
        {
            var file = Path.Combine(directory, name);
            PrivateFile.Replace(file, stream => stream.Write(Encoding.UTF8.GetBytes(content)), overwrite: false);
            File.SetUnixFileMode(file, ModeOf(isSecret));
        }
    }

    private string? Read(string name)
    {
        // A link to what somebody removed is there, and what it leads to is not.
        try
        {
            return File.ReadAllText(Path.Combine(_path, name));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // Asked of what has been read.
    private bool HasMode(string name, bool isSecret) => File.GetUnixFileMode(Path.Combine(_path, Current, name)) == ModeOf(isSecret);

    private UnixFileMode ModeOf(bool isSecret) => isSecret ? _secretMode : PublicFile;
}
