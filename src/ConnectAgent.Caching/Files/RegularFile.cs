using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ConnectAgent.Caching.Files;

/// <summary>Opens what must be a regular file: a pipe would wait for its other end, a device would never end.</summary>
internal static class RegularFile
{
    private const int ReadOnlyCloseOnExecNonBlocking = 0x80800;

    /// <summary>Opens for reading, through links. Never waits.</summary>
    /// <exception cref="ForeignFileException">It is something else.</exception>
    /// <exception cref="IOException">It is not there, or the system refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static FileStream OpenRead(string path)
    {
        if (path.Length == 0)
        {
            // As the system says it; the framework takes it for a fault of its caller.
            throw new FileNotFoundException("a path that is empty leads nowhere", path);
        }

        if (Directory.Exists(path))
        {
            throw new ForeignFileException("it is a directory");
        }

        // The flags are Linux's. A pipe that is opened so opens at once; what cannot be opened so is refused below by name.
        var descriptor = OperatingSystem.IsLinux() ? Open(Encoding.UTF8.GetBytes(path + '\0'), ReadOnlyCloseOnExecNonBlocking) : -1;
        if (descriptor < 0)
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (!FileStatus.IsRegular(descriptor))
        {
            handle.Dispose();
            throw new ForeignFileException("it is no regular file");
        }

        return new FileStream(handle, FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Reads all of it.</summary>
    /// <param name="longest">Bytes; more is refused without being read.</param>
    /// <inheritdoc cref="OpenRead"/>
    public static byte[] ReadAll(string path, int longest)
    {
        using var stream = OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[8192];
        while (stream.Read(buffer) is > 0 and var read)
        {
            content.Write(buffer, 0, read);
            if (content.Length > longest)
            {
                throw new IOException($"it is larger than {longest} bytes");
            }
        }

        return content.ToArray();
    }

    /// <summary>Refuses a path that something else lies at; that nothing does is fine.</summary>
    /// <exception cref="ForeignFileException">A pipe, a device, a directory.</exception>
    public static void RequireNoOther(string path)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        try
        {
            OpenRead(path).Dispose();
        }
        catch (Exception error) when (error is UnauthorizedAccessException || (error is IOException and not ForeignFileException))
        {
            // What cannot be read may still be written; whoever writes says what is wrong.
        }
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);
#pragma warning restore SYSLIB1054
}
